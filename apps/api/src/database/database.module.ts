import { Module, type DynamicModule } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import type { ApiConfig } from '../config/api-config.js';
import { API_CONFIG } from '../config/config.module.js';
import { openDataSource } from './open-data-source.js';
import { dataSourceOptions } from './data-source-options.js';

/** PostgreSQL for the whole application, migrated before it is used. */
@Module({})
export class DatabaseModule {
  static forUrl(url: string): DynamicModule {
    return {
      module: DatabaseModule,
      imports: [
        TypeOrmModule.forRootAsync({
          inject: [API_CONFIG],
          useFactory: (config: ApiConfig) => ({
            ...dataSourceOptions(url, config.databasePoolSize),
            retryAttempts: 10,
            retryDelay: 1_000,
          }),
          dataSourceFactory: async (options) => {
            if (options === undefined) throw new Error('the data source has no options');
            return await openDataSource(options);
          },
        }),
      ],
    };
  }
}
