import {
  Inject,
  Injectable,
  Module,
  type BeforeApplicationShutdown,
  type DynamicModule,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import type { Logger } from 'pino';
import type { ApiConfig } from '../config/api-config.js';
import { API_CONFIG } from '../config/config.module.js';
import { LOGGER } from '../logging/logging.module.js';
import { ChangeNotices } from './change-notices/change-notices.js';
import { openDataSource } from './open-data-source.js';
import { dataSourceOptions } from './data-source-options.js';

/** Listens from when everybody has subscribed until the application closes. */
@Injectable()
class ChangeNoticesLife implements OnApplicationBootstrap, BeforeApplicationShutdown {
  constructor(@Inject(ChangeNotices) private readonly notices: ChangeNotices) {}

  onApplicationBootstrap(): void {
    this.notices.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.notices.close();
  }
}

/** PostgreSQL for the whole application, migrated before it is used, and what other replicas change in it. */
@Module({})
export class DatabaseModule {
  static forUrl(url: string): DynamicModule {
    return {
      module: DatabaseModule,
      global: true,
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
      providers: [
        { provide: ChangeNotices, inject: [LOGGER], useFactory: (logger: Logger) => new ChangeNotices(url, logger) },
        ChangeNoticesLife,
      ],
      exports: [ChangeNotices],
    };
  }
}
