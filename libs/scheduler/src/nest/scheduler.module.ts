import {
  Inject,
  Injectable,
  Module,
  type BeforeApplicationShutdown,
  type DynamicModule,
  type OnApplicationBootstrap,
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

/** The registry, the placements and what keeps them true, global. Needs the TypeORM data source with `SCHEDULER_ENTITIES`. */
@Module({})
export class SchedulerModule {
  static forRoot(options: SchedulerModuleOptions = {}): DynamicModule {
    return {
      module: SchedulerModule,
      global: true,
      providers: [
        {
          provide: WolfInstanceRegistry,
          inject: [getDataSourceToken()],
          useFactory: (dataSource: DataSource) => new WolfInstanceRegistry(dataSource, options),
        },
        {
          provide: HostOperations,
          inject: [getDataSourceToken()],
          useFactory: (dataSource: DataSource) => new HostOperations(dataSource, options),
        },
        {
          provide: PlacementService,
          inject: [getDataSourceToken()],
          useFactory: (dataSource: DataSource) => new PlacementService(dataSource, options),
        },
        {
          provide: DiskHistory,
          inject: [getDataSourceToken()],
          useFactory: (dataSource: DataSource) => new DiskHistory(dataSource),
        },
        {
          provide: FleetEvents,
          inject: [getDataSourceToken()],
          useFactory: (dataSource: DataSource) => new FleetEvents(dataSource),
        },
        {
          provide: FleetTotals,
          inject: [getDataSourceToken()],
          useFactory: (dataSource: DataSource) => new FleetTotals(dataSource, options),
        },
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
      exports: [WolfInstanceRegistry, HostOperations, PlacementService, DiskHistory, FleetEvents, FleetTotals],
    };
  }
}
