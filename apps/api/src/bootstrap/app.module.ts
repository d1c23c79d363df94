import { Module, type DynamicModule } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { IceServers, type ExternalAgentsOptions } from '@helix/external-agent';
import { ExternalAgentModule } from '@helix/external-agent/nest';
import { parseRunnerId, RunnerDialer, type OtherMachine } from '@helix/revdial';
import { RevDialModule, type RevDialConfiguration } from '@helix/revdial/nest';
import { ProbeFacts } from '@helix/scheduler';
import { SchedulerModule } from '@helix/scheduler/nest';
import type { WolfClientFactoryOptions } from '@helix/wolf-client';
import { WolfClientModule } from '@helix/wolf-client/nest';
import type { Logger } from 'pino';
import { principalName } from '../access/principal.js';
import { AgentSandboxesModule } from '../agent-sandboxes/agent-sandboxes.module.js';
import { ApiKeysModule } from '../api-keys/api-keys.module.js';
import { ApiKeysService } from '../api-keys/api-keys.service.js';
import { AuthModule } from '../auth/auth.module.js';
import { TokenRunnerAuthorizer } from '../auth/runner-authorizer.js';
import type { ApiConfig } from '../config/api-config.js';
import { API_CONFIG, ApiConfigModule } from '../config/config.module.js';
import { ConsoleModule } from '../console/console.module.js';
import { DatabaseModule } from '../database/database.module.js';
import { ErrorFilter } from '../errors/error.filter.js';
import { ExternalAgentsModule } from '../external-agents/external-agents.module.js';
import { HealthModule } from '../health/health.module.js';
import { LOGGER, LoggingModule } from '../logging/logging.module.js';
import { MetricsModule } from '../metrics/metrics.module.js';
import { MoonlightModule } from '../moonlight/moonlight.module.js';
import { OpenApiModule } from '../openapi/openapi.module.js';
import { PlacementModule } from '../placement/placement.module.js';
import { RunnersModule } from '../runners/runners.module.js';
import { SessionsModule } from '../sessions/sessions.module.js';
import { SharesModule } from '../shares/shares.module.js';
import { StreamsModule } from '../streams/streams.module.js';
import { WolfInstancesModule } from '../wolf-instances/wolf-instances.module.js';
import { WolfModule } from '../wolf/wolf.module.js';
import { dataSourceOptions } from './data-source-options.js';

/** The whole control plane. The modules of the libraries are global: each is there once. */
@Module({})
export class AppModule {
  static with(config: ApiConfig, databaseUrl: string, logger: Logger): DynamicModule {
    return {
      module: AppModule,
      imports: [
        // The features, in the order of the interface's description.
        SessionsModule,
        SharesModule,
        ExternalAgentsModule,
        StreamsModule,
        WolfInstancesModule,
        PlacementModule,
        RunnersModule,
        OpenApiModule,
        ConsoleModule,
        HealthModule,
        ApiKeysModule,
        AuthModule,
        MetricsModule,
        WolfModule,
        AgentSandboxesModule,
        MoonlightModule,
        // What they stand on.
        ApiConfigModule.with(config),
        LoggingModule.with(logger),
        DatabaseModule.with(databaseUrl, dataSourceOptions(databaseUrl, config.databasePoolSize)),
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
          inject: [RunnerDialer, API_CONFIG],
          useFactory: (dialer: RunnerDialer, api: ApiConfig): WolfClientFactoryOptions => ({
            dialer,
            ...(api.localWolf !== undefined && {
              localSockets: { [api.localWolf.instanceId]: api.localWolf.socketPath },
            }),
          }),
        }),
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
      providers: [{ provide: APP_FILTER, useClass: ErrorFilter }],
    };
  }
}

/**
 * Tells a host's operator, by a condition and an event, that another machine claims its id. Runners of a host share its instance
 * id, so that it is one condition for all of them. Desktops have no operator: theirs is in the log, as every refusal is.
 */
function noteOtherMachine(facts: ProbeFacts, logger: Logger): (claim: OtherMachine) => void {
  return ({ runnerId, remoteAddress }) => {
    const runner = parseRunnerId(runnerId);
    if (runner === undefined || runner.kind === 'sandbox') return;
    // It is told again in a minute.
    facts.noteOtherMachine(runner.subject, remoteAddress).catch((error: unknown) => {
      logger.warn({ wolfInstanceId: runner.subject, error }, 'could not record that another machine claims a host');
    });
  };
}
