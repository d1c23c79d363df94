import { type DynamicModule, type LoggerService, Module } from '@nestjs/common';
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

/** Nest's own messages, in the same JSON lines. What Nest says while it starts is for debugging only. */
export class NestLogger implements LoggerService {
  readonly #logger: Logger;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  log(message: unknown, context?: unknown): void {
    this.#logger.debug({ context }, String(message));
  }

  error(message: unknown, ...rest: unknown[]): void {
    this.#logger.error(
      { context: rest.at(-1), error: message instanceof Error ? message : undefined },
      String(message),
    );
  }

  warn(message: unknown, context?: unknown): void {
    this.#logger.warn({ context }, String(message));
  }

  debug(message: unknown, context?: unknown): void {
    this.#logger.trace({ context }, String(message));
  }

  verbose(message: unknown, context?: unknown): void {
    this.#logger.trace({ context }, String(message));
  }
}
