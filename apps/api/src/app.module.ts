import { Module, type DynamicModule } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { ExternalAgentModule, type ExternalAgentModuleOptions } from '@helix/external-agent/nest';
import { ConnectionManager } from '@helix/revdial';
import { RevDialModule, type RevDialConfiguration } from '@helix/revdial/nest';
import { SchedulerModule } from '@helix/scheduler/nest';
import type { WolfClientFactoryOptions } from '@helix/wolf-client';
import { WolfClientModule } from '@helix/wolf-client/nest';
import type { Logger } from 'pino';
import { ApiKeysService } from './api-keys/api-keys.service.js';
import { AuthModule } from './auth/auth.module.js';
import { TokenRunnerAuthorizer } from './auth/runner-authorizer.js';
import type { ApiConfig } from './config/api-config.js';
import { API_CONFIG, ApiConfigModule } from './config/config.module.js';
import { DatabaseModule } from './database/database.module.js';
import { ErrorFilter } from './errors/error.filter.js';
import { DesktopController } from './external-agents/desktop.controller.js';
import { ExternalAgentsController } from './external-agents/external-agents.controller.js';
import { HealthModule } from './health/health.module.js';
import { LOGGER, LoggingModule } from './logging/logging.module.js';
import { MetricsModule } from './metrics/metrics.module.js';
import { OpenApiController, OpenApiDocument } from './openapi/openapi.controller.js';
import { HostLinkWatch } from './runners/host-link-watch.js';
import { RunnersController } from './runners/runners.controller.js';
import { SessionsController } from './sessions/sessions.controller.js';
import { WolfModule } from './wolf/wolf.module.js';
import { WolfInstancesController } from './wolf-instances/wolf-instances.controller.js';

/** The whole control plane. The modules of the libraries are global: each is there once. */
@Module({})
export class AppModule {
  static with(config: ApiConfig, databaseUrl: string, logger: Logger): DynamicModule {
    return {
      module: AppModule,
      imports: [
        ApiConfigModule.with(config),
        LoggingModule.with(logger),
        DatabaseModule.forUrl(databaseUrl),
        HealthModule,
        AuthModule,
        MetricsModule,
        SchedulerModule.forRoot({ maxSandboxesDefault: config.maxSandboxesDefault }),
        RevDialModule.forRootAsync({
          inject: [TokenRunnerAuthorizer, API_CONFIG, LOGGER],
          useFactory: (authorizer: TokenRunnerAuthorizer, api: ApiConfig, log: Logger): RevDialConfiguration => ({
            authorizer,
            logger: log,
            options: {
              connections: { graceMs: api.runnerGraceMs },
              http: {
                headersTimeoutMs: api.upstreamHeadersTimeoutMs,
                bodyTimeoutMs: api.upstreamBodyTimeoutMs,
              },
            },
          }),
        }),
        WolfClientModule.forRootAsync({
          inject: [ConnectionManager, API_CONFIG],
          useFactory: (dialer: ConnectionManager, api: ApiConfig): WolfClientFactoryOptions => ({
            dialer,
            ...(api.localWolf !== undefined && {
              localSockets: { [api.localWolf.instanceId]: api.localWolf.socketPath },
            }),
          }),
        }),
        WolfModule,
        ExternalAgentModule.forRootAsync({
          inject: [ApiKeysService, API_CONFIG, LOGGER],
          useFactory: (tokens: ApiKeysService, api: ApiConfig, log: Logger): ExternalAgentModuleOptions => ({
            tokens,
            logger: log,
            desktop: { ...api.desktop, apiUrl: api.sandboxApiUrl, environment: [] },
          }),
        }),
      ],
      controllers: [
        SessionsController,
        ExternalAgentsController,
        DesktopController,
        WolfInstancesController,
        RunnersController,
        OpenApiController,
      ],
      providers: [OpenApiDocument, HostLinkWatch, { provide: APP_FILTER, useClass: ErrorFilter }],
    };
  }
}
