import {
  Inject,
  Injectable,
  Module,
  type BeforeApplicationShutdown,
  type DynamicModule,
  type FactoryProvider,
  type OnApplicationBootstrap,
  type OnModuleInit,
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
import { fleetTasks, type FleetTaskOptions } from '../maintenance/fleet-tasks.js';
import { ProbeFacts } from '../instances/probe-facts.js';
import { ReplicaPresence } from '../replicas/replica-presence.js';
import { PlacementService, type PlacementOptions } from '../placement/placement-service.js';
import type { SchedulerLogger } from '../scheduler-logger.js';
import { verifySchedulerLimits } from '../verify-limits.js';

export type SchedulerModuleOptions = RegistryOptions & PlacementOptions & FleetTaskOptions;

const SILENT: SchedulerLogger = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** Starts and ends the work with the application. */
@Injectable()
class SchedulerLife implements OnModuleInit, OnApplicationBootstrap, BeforeApplicationShutdown {
  constructor(
    @Inject(FleetMaintenance) private readonly maintenance: FleetMaintenance,
    @Inject(ReplicaPresence) private readonly replica: ReplicaPresence,
  ) {}

  /** Before anything is said of links in its name. */
  async onModuleInit(): Promise<void> {
    await this.replica.start();
  }

  onApplicationBootstrap(): void {
    this.maintenance.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.maintenance.close();
    await this.replica.close();
  }
}

function part<T>(token: Type<T>, make: (dataSource: DataSource) => T): FactoryProvider<T> {
  return { provide: token, inject: [getDataSourceToken()], useFactory: make };
}

/** The registry, the placements and what keeps them true, global. Needs the TypeORM data source with `SCHEDULER_ENTITIES`. */
@Module({})
export class SchedulerModule {
  static forRoot(options: SchedulerModuleOptions = {}): DynamicModule {
    verifySchedulerLimits();
    const parts = [
      part(ReplicaPresence, (dataSource) => new ReplicaPresence(dataSource)),
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
          inject: [getDataSourceToken(), PlacementService, ReplicaPresence],
          useFactory: (dataSource: DataSource, placements: PlacementService, replica: ReplicaPresence) => {
            const logger = options.logger ?? SILENT;
            return new FleetMaintenance(fleetTasks(dataSource, placements, replica, { ...options, logger }), logger);
          },
        },
        SchedulerLife,
      ],
      exports: parts.map(({ provide }) => provide),
    };
  }
}
