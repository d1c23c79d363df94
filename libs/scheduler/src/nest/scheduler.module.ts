import { Module, type DynamicModule } from '@nestjs/common';
import { getDataSourceToken } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';

import { DiskHistory } from '../disks/disk-history.js';
import { FleetEvents } from '../events/fleet-events.js';
import { WolfInstanceRegistry, type RegistryOptions } from '../instances/wolf-instance-registry.js';
import { PlacementService, type PlacementOptions } from '../placement/placement-service.js';

export type SchedulerModuleOptions = RegistryOptions & PlacementOptions;

/** The registry and the placements, global. Needs the TypeORM data source with `SCHEDULER_ENTITIES`. */
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
      ],
      exports: [WolfInstanceRegistry, PlacementService, DiskHistory, FleetEvents],
    };
  }
}
