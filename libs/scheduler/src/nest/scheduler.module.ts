import {
  Inject,
  Injectable,
  Module,
  type BeforeApplicationShutdown,
  type DynamicModule,
  type FactoryProvider,
  type OnApplicationBootstrap,
  type Type,
} from '@nestjs/common';
import { getDataSourceToken } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';

import { DiskHistory } from '../disks/disk-history.js';
import { FleetEvents } from '../events/fleet-events.js';
import { FleetTotals } from '../instances/fleet-totals.js';
import { WolfInstanceRegistry, type RegistryOptions } from '../instances/wolf-instance-registry.js';
import { HostOperations } from '../operations/host-operations.js';
import { FleetMaintenance } from '../maintenance/fleet-maintenance.js';
import { fleetTasks } from '../maintenance/fleet-tasks.js';
import { ProbeFacts } from '../instances/probe-facts.js';
import { PlacementService, type PlacementOptions } from '../placement/placement-service.js';
import type { SchedulerLogger } from '../scheduler-logger.js';

export type SchedulerModuleOptions = RegistryOptions & PlacementOptions & { readonly logger?: SchedulerLogger };

const SILENT: SchedulerLogger = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** Starts and ends the work with the application. */
@Injectable()
class SchedulerLife implements OnApplicationBootstrap, BeforeApplicationShutdown {
  constructor(@Inject(FleetMaintenance) private readonly maintenance: FleetMaintenance) {}

  onApplicationBootstrap(): void {
    this.maintenance.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.maintenance.close();
  }
}

function part<T>(token: Type<T>, make: (dataSource: DataSource) => T): FactoryProvider<T> {
  return { provide: token, inject: [getDataSourceToken()], useFactory: make };
}

/** The registry, the placements and what keeps them true, global. Needs the TypeORM data source with `SCHEDULER_ENTITIES`. */
@Module({})
export class SchedulerModule {
  static forRoot(options: SchedulerModuleOptions = {}): DynamicModule {
    const parts = [
      part(WolfInstanceRegistry, (dataSource) => new WolfInstanceRegistry(dataSource, options)),
      part(HostOperations, (dataSource) => new HostOperations(dataSource, options)),
      part(ProbeFacts, (dataSource) => new ProbeFacts(dataSource, options)),
      part(PlacementService, (dataSource) => new PlacementService(dataSource, options)),
      part(DiskHistory, (dataSource) => new DiskHistory(dataSource)),
      part(FleetEvents, (dataSource) => new FleetEvents(dataSource)),
      part(FleetTotals, (dataSource) => new FleetTotals(dataSource, options)),
    ];
    return {
      module: SchedulerModule,
      global: true,
      providers: [
        ...parts,
        {
          provide: FleetMaintenance,
          inject: [getDataSourceToken(), PlacementService],
          useFactory: (dataSource: DataSource, placements: PlacementService) => {
            const logger = options.logger ?? SILENT;
            return new FleetMaintenance(fleetTasks(dataSource, placements, logger, options), logger);
          },
        },
        SchedulerLife,
      ],
      exports: parts.map(({ provide }) => provide),
    };
  }
}
