import { Module } from '@nestjs/common';
import type { DynamicModule, FactoryProvider, ModuleMetadata } from '@nestjs/common';
import { ConnectionManager } from '../connections/connection-manager.js';
import type { ConnectionManagerOptions } from '../connections/connection-manager.js';
import { RunnerPresence } from '../connections/runner-presence.js';
import type { RevDialGatewayOptions } from '../gateway/revdial-gateway-options.js';
import { RevDialGateway } from '../gateway/revdial-gateway.js';
import type { RunnerAuthorizer } from '../gateway/runner-authorizer.js';
import type { RunnerHttpPoolOptions } from '../http/runner-http-pool.js';
import { RunnerHttpPool } from '../http/runner-http-pool.js';
import { RevDialCounters } from '../revdial-counters.js';
import type { RevDialLogger } from '../revdial-logger.js';
import { RunnerDialer } from '../runner-dialer.js';
import { RevDialLifecycle } from './revdial-lifecycle.js';

const CONFIGURATION = Symbol('REVDIAL_CONFIGURATION');

export interface RevDialOptions {
  readonly gateway?: RevDialGatewayOptions;
  readonly connections?: ConnectionManagerOptions;
  readonly http?: RunnerHttpPoolOptions;
  /** How long streams may finish when the application shuts down. */
  readonly shutdownGraceMs?: number;
}

export interface RevDialConfiguration {
  readonly authorizer: RunnerAuthorizer;
  readonly options?: RevDialOptions;
  readonly logger?: RevDialLogger;
}

export interface RevDialModuleAsyncOptions extends Pick<ModuleMetadata, 'imports'> {
  readonly inject?: FactoryProvider['inject'];
  readonly useFactory: FactoryProvider<RevDialConfiguration>['useFactory'];
}

/**
 * Provides RunnerPresence, RunnerDialer, RunnerHttpPool, RevDialGateway and RevDialCounters to the whole application. `attachRevDialGateway` puts the gateway on the HTTP server; links are closed before the server is, since
 * an upgraded socket left open would keep it from closing.
 */
@Module({})
export class RevDialModule {
  static forRootAsync(options: RevDialModuleAsyncOptions): DynamicModule {
    return {
      module: RevDialModule,
      global: true,
      ...(options.imports === undefined ? {} : { imports: options.imports }),
      providers: [
        {
          provide: CONFIGURATION,
          useFactory: options.useFactory,
          ...(options.inject === undefined ? {} : { inject: options.inject }),
        },
        RevDialCounters,
        {
          provide: ConnectionManager,
          inject: [CONFIGURATION, RevDialCounters],
          useFactory: (configuration: RevDialConfiguration, counters: RevDialCounters) =>
            new ConnectionManager({ ...shared(configuration, counters), ...configuration.options?.connections }),
        },
        {
          provide: RunnerHttpPool,
          inject: [CONFIGURATION, RevDialCounters, ConnectionManager],
          useFactory: (
            configuration: RevDialConfiguration,
            counters: RevDialCounters,
            connections: ConnectionManager,
          ) => new RunnerHttpPool(connections, { ...shared(configuration, counters), ...configuration.options?.http }),
        },
        { provide: RunnerPresence, useExisting: ConnectionManager },
        { provide: RunnerDialer, useExisting: ConnectionManager },
        {
          provide: RevDialGateway,
          inject: [CONFIGURATION, RevDialCounters, ConnectionManager],
          useFactory: (
            configuration: RevDialConfiguration,
            counters: RevDialCounters,
            connections: ConnectionManager,
          ) =>
            new RevDialGateway(connections, configuration.authorizer, {
              ...shared(configuration, counters),
              ...configuration.options?.gateway,
            }),
        },
        {
          provide: RevDialLifecycle,
          inject: [CONFIGURATION, ConnectionManager, RunnerHttpPool],
          useFactory: (configuration: RevDialConfiguration, connections: ConnectionManager, http: RunnerHttpPool) =>
            new RevDialLifecycle(connections, http, configuration.options?.shutdownGraceMs),
        },
      ],
      exports: [RunnerPresence, RunnerDialer, RunnerHttpPool, RevDialGateway, RevDialCounters],
    };
  }
}

function shared(
  configuration: RevDialConfiguration,
  counters: RevDialCounters,
): { readonly counters: RevDialCounters; readonly logger?: RevDialLogger } {
  return configuration.logger === undefined ? { counters } : { counters, logger: configuration.logger };
}
