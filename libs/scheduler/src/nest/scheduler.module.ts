import { Module, type DynamicModule } from '@nestjs/common';
import { getDataSourceToken } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';

import { WolfInstanceRegistry, type RegistryOptions } from '../instances/wolf-instance-registry.js';
import { HostOperations } from '../operations/host-operations.js';
import { HostStates } from '../operations/host-states.js';
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
          provide: HostOperations,
          inject: [getDataSourceToken()],
          useFactory: (dataSource: DataSource) => new HostOperations(dataSource, options),
        },
        {
          provide: HostStates,
          inject: [getDataSourceToken()],
          useFactory: (dataSource: DataSource) => new HostStates(dataSource),
        },
        {
          provide: PlacementService,
          inject: [getDataSourceToken()],
          useFactory: (dataSource: DataSource) => new PlacementService(dataSource, options),
        },
      ],
      exports: [WolfInstanceRegistry, HostOperations, HostStates, PlacementService],
    };
  }
}
