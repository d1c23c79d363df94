import { Module, type DynamicModule } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { IceServers, type ExternalAgentsOptions } from '@helix/external-agent';
import { ExternalAgentModule } from '@helix/external-agent/nest';
import { ConnectionManager } from '@helix/revdial';
import { RevDialModule, type RevDialConfiguration } from '@helix/revdial/nest';
import { ProbeFacts } from '@helix/scheduler';
import { SchedulerModule } from '@helix/scheduler/nest';
import type { WolfClientFactoryOptions } from '@helix/wolf-client';
import { WolfClientModule } from '@helix/wolf-client/nest';
import type { Logger } from 'pino';
import { ApiKeysService } from './api-keys/api-keys.service.js';
import { AuthModule } from './auth/auth.module.js';
import { principalName } from './auth/principal.js';
import { TokenRunnerAuthorizer } from './auth/runner-authorizer.js';
import type { ApiConfig } from './config/api-config.js';
import { API_CONFIG, ApiConfigModule } from './config/config.module.js';
import { FrontendConfigController } from './config/frontend-config.controller.js';
import { PRODUCT_VERSION, readProductVersion } from './config/product-version.js';
import { CONSOLE_ASSETS, readConsoleAssets } from './console/console-assets.js';
import { ConsoleController } from './console/console.controller.js';
import { DatabaseModule } from './database/database.module.js';
import { ErrorFilter } from './errors/error.filter.js';
import { AutoJoinController } from './external-agents/auto-join.controller.js';
import { DesktopConnectionsController } from './external-agents/desktop-connections.controller.js';
import { DesktopController } from './external-agents/desktop.controller.js';
import { ExecController } from './external-agents/exec.controller.js';
import { ExternalAgentsController } from './external-agents/external-agents.controller.js';
import { LogsController } from './external-agents/logs.controller.js';
import { StatsController } from './external-agents/stats.controller.js';
import { UploadController } from './external-agents/upload.controller.js';
import { HealthModule } from './health/health.module.js';
import { LOGGER, LoggingModule } from './logging/logging.module.js';
import { MetricsModule } from './metrics/metrics.module.js';
import { MoonlightModule } from './moonlight/moonlight.module.js';
import { OpenApiController, OpenApiDocument } from './openapi/openapi.controller.js';
import { HostLinkWatch } from './runners/host-link-watch.js';
import { ExplainPlacementController } from './placement/explain-placement.controller.js';
import { SessionPlacementController } from './placement/session-placement.controller.js';
import { ExpectedRunners } from './runners/expected-runners.js';
import { noteOtherMachine } from './runners/note-other-machine.js';
import { RunnerHosts } from './runners/runner-hosts.js';
import { RunnersController } from './runners/runners.controller.js';
import { DesktopLifeController } from './sessions/desktop-life.controller.js';
import { SessionNotices } from './sessions/session-notices.js';
import { SessionsController } from './sessions/sessions.controller.js';
import { SessionAccessController } from './shares/session-access.controller.js';
import { ShareNotices } from './shares/share-notices.js';
import { SharesController } from './shares/shares.controller.js';
import { Upgrades } from './sockets/upgrades.js';
import { UserSocketGateway } from './sockets/user-socket.gateway.js';
import { StreamUpgrades } from './streams/stream-upgrades.js';
import { ViewersController } from './streams/viewers.controller.js';
import { WolfModule } from './wolf/wolf.module.js';
import { HostOperationsController } from './wolf-instances/host-operations.controller.js';
import { FleetHistoryController } from './wolf-instances/fleet-history.controller.js';
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
        SchedulerModule.forRoot({
          maxSandboxesDefault: config.maxSandboxesDefault,
          linkGraceMs: config.runnerGraceMs,
          logger,
          ...config.placement,
        }),
        RevDialModule.forRootAsync({
          inject: [TokenRunnerAuthorizer, API_CONFIG, LOGGER, ProbeFacts],
          useFactory: (
            authorizer: TokenRunnerAuthorizer,
            api: ApiConfig,
            log: Logger,
            facts: ProbeFacts,
          ): RevDialConfiguration => ({
            authorizer,
            logger: log,
            options: {
              connections: { graceMs: api.runnerGraceMs },
              gateway: { onOtherMachine: noteOtherMachine(facts, log) },
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
        MoonlightModule,
        ExternalAgentModule.forRootAsync({
          inject: [ApiKeysService, API_CONFIG, LOGGER],
          useFactory: (tokens: ApiKeysService, api: ApiConfig, log: Logger): ExternalAgentsOptions => ({
            tokens,
            logger: log,
            desktopPrincipalOf: (sessionId) => principalName({ kind: 'session', sessionId, ownerId: '' }),
            execEnabled: api.desktopExecEnabled,
            desktop: { ...api.desktop, apiUrl: api.sandboxApiUrl },
            idleLimitMs: api.idleLimitMs,
            hostLoss: { afterMs: api.hostLostAfterMs, deadlineMs: api.hostLostDeadlineMs },
            localInstanceIds: api.localWolf === undefined ? [] : [api.localWolf.instanceId],
            iceServers: new IceServers(api.streaming.ice),
            streams: {
              credentials: api.streaming.moonlightCredentials,
              hostId: api.streaming.moonlightHostId,
              dialects: api.streaming.dialects,
              viewersPerSession: api.streaming.viewersPerSession,
              viewersPerHost: api.streaming.viewersPerHost,
              viewOnlyNeedsEnforcement: api.streaming.viewOnlyNeedsEnforcement,
            },
          }),
        }),
      ],
      controllers: [
        SessionsController,
        DesktopLifeController,
        SessionAccessController,
        SharesController,
        // Before the one whose `:id` would take its path for a session.
        DesktopConnectionsController,
        ExternalAgentsController,
        DesktopController,
        AutoJoinController,
        UploadController,
        ExecController,
        LogsController,
        StatsController,
        ViewersController,
        WolfInstancesController,
        HostOperationsController,
        SessionPlacementController,
        ExplainPlacementController,
        FleetHistoryController,
        RunnersController,
        OpenApiController,
        FrontendConfigController,
        ConsoleController,
      ],
      providers: [
        OpenApiDocument,
        Upgrades,
        StreamUpgrades,
        UserSocketGateway,
        HostLinkWatch,
        ExpectedRunners,
        RunnerHosts,
        SessionNotices,
        ShareNotices,
        { provide: CONSOLE_ASSETS, useFactory: readConsoleAssets },
        { provide: PRODUCT_VERSION, useFactory: readProductVersion },
        { provide: APP_FILTER, useClass: ErrorFilter },
      ],
    };
  }
}
