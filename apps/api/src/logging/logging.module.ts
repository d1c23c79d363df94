import { Module, type DynamicModule } from '@nestjs/common';
import type { Logger } from 'pino';

/** Token under which the application's logger is injected. */
export const LOGGER = Symbol('Logger');

@Module({})
export class LoggingModule {
  static with(logger: Logger): DynamicModule {
    return {
      module: LoggingModule,
      global: true,
      providers: [{ provide: LOGGER, useValue: logger }],
      exports: [LOGGER],
    };
  }
}
