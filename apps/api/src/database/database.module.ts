import {
  Injectable,
  Module,
  type BeforeApplicationShutdown,
  type DynamicModule,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import type { Logger } from 'pino';
import { LOGGER } from '../logging/logging.module.js';
import { ChangeNotices } from './change-notices/change-notices.js';
import { openDataSource, SchemaTooNewError, type ApiDataSourceOptions } from './open-data-source.js';

/** Listens from when all have subscribed until the application closes. */
@Injectable()
class ChangeNoticesLife implements OnApplicationBootstrap, BeforeApplicationShutdown {
  constructor(private readonly notices: ChangeNotices) {}

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
  static with(url: string, options: ApiDataSourceOptions): DynamicModule {
    return {
      module: DatabaseModule,
      global: true,
      imports: [
        TypeOrmModule.forRootAsync({
          useFactory: () => ({
            ...options,
            retryAttempts: 10,
            retryDelay: 1_000,
            verboseRetryLog: true,
            toRetry: (error: unknown) => !isFinal(error),
          }),
          dataSourceFactory: async (options) => {
            if (options?.type !== 'postgres') throw new Error('the data source has no options for PostgreSQL');
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

/** Trying again changes nothing: another release is needed, or another password. */
function isFinal(error: unknown): boolean {
  if (error instanceof SchemaTooNewError) return true;
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && error.code.startsWith('28');
}
