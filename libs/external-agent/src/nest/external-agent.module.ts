import {
  Inject,
  Injectable,
  Module,
  type BeforeApplicationShutdown,
  type DynamicModule,
  type FactoryProvider,
  type ModuleMetadata,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { getDataSourceToken } from '@nestjs/typeorm';
import { ConnectionManager, RunnerHttpPool, runnerIdOf } from '@helix/revdial';
import { PlacementService, WolfInstanceRegistry } from '@helix/scheduler';
import { WolfClientFactory } from '@helix/wolf-client';
import type { DataSource } from 'typeorm';
import { ClipboardService } from '../clipboard/clipboard.service.js';
import { ByteBudget } from '../desktop/byte-budget.js';
import type { DesktopConfig } from '../desktop/desktop-config.js';
import type { ExternalAgentLogger } from '../external-agent-logger.js';
import { ExternalAgentService } from '../lifecycle/external-agent.service.js';
import { LobbyKeeper } from '../lifecycle/lobby-keeper.js';
import { SessionDriver } from '../lifecycle/session-driver.js';
import { SessionReconciler } from '../lifecycle/session-reconciler.js';
import { SlotSweeper } from '../lifecycle/slot-sweeper.js';
import type { SessionTokenIssuer } from '../lifecycle/session-token-issuer.js';
import { LIMITS } from '../limits.js';
import { ScreenshotService } from '../screenshot/screenshot.service.js';
import { SessionDirectory } from '../session/session-directory.js';
import { SessionRepository } from '../session/session.repository.js';

/** What the host application decides. */
export interface ExternalAgentModuleOptions {
  readonly desktop: DesktopConfig;
  readonly tokens: SessionTokenIssuer;
  readonly logger: ExternalAgentLogger;
}

const OPTIONS = Symbol('ExternalAgentModuleOptions');

/** Starts and ends the reconciler with the application. */
@Injectable()
class ReconcilerLife implements OnApplicationBootstrap, BeforeApplicationShutdown {
  constructor(
    @Inject(SessionReconciler) private readonly reconciler: SessionReconciler,
    @Inject(ExternalAgentService) private readonly agents: ExternalAgentService,
    @Inject(SessionDriver) private readonly driver: SessionDriver,
  ) {}

  onApplicationBootstrap(): void {
    this.reconciler.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.agents.close();
    await this.reconciler.close();
    await this.driver.close();
  }
}

/**
 * Sessions and their desktops. Needs the TypeORM data source with `EXTERNAL_AGENT_ENTITIES`, and the modules of RevDial,
 * the Wolf client and the scheduler, all global.
 */
@Module({})
export class ExternalAgentModule {
  static forRootAsync(options: {
    readonly imports?: ModuleMetadata['imports'];
    readonly inject?: FactoryProvider['inject'];
    readonly useFactory: (...parts: never[]) => ExternalAgentModuleOptions;
  }): DynamicModule {
    return {
      module: ExternalAgentModule,
      global: true,
      imports: [...(options.imports ?? [])],
      providers: [
        { provide: OPTIONS, inject: [...(options.inject ?? [])], useFactory: options.useFactory },
        {
          provide: SessionRepository,
          inject: [getDataSourceToken()],
          useFactory: (dataSource: DataSource) => new SessionRepository(dataSource),
        },
        {
          provide: SessionDirectory,
          inject: [SessionRepository],
          useFactory: (repository: SessionRepository) => new SessionDirectory(repository),
        },
        { provide: ByteBudget, useFactory: () => new ByteBudget(LIMITS.desktopBytesMaxInFlight) },
        {
          provide: ScreenshotService,
          inject: [RunnerHttpPool, SessionDirectory, ByteBudget],
          useFactory: (http: RunnerHttpPool, directory: SessionDirectory, budget: ByteBudget) =>
            new ScreenshotService(http, directory, budget),
        },
        {
          provide: ClipboardService,
          inject: [RunnerHttpPool, SessionDirectory, ByteBudget],
          useFactory: (http: RunnerHttpPool, directory: SessionDirectory, budget: ByteBudget) =>
            new ClipboardService(http, directory, budget),
        },
        {
          provide: SessionDriver,
          inject: [
            OPTIONS,
            SessionRepository,
            SessionDirectory,
            PlacementService,
            WolfInstanceRegistry,
            WolfClientFactory,
            ConnectionManager,
          ],
          useFactory: (
            { desktop, tokens, logger }: ExternalAgentModuleOptions,
            repository: SessionRepository,
            directory: SessionDirectory,
            placements: PlacementService,
            instances: WolfInstanceRegistry,
            clients: WolfClientFactory,
            connections: ConnectionManager,
          ) =>
            new SessionDriver({
              repository,
              directory,
              placements,
              instances,
              lobbies: new LobbyKeeper(clients, logger),
              tokens,
              desktop,
              logger,
              disconnect: (sessionId) => {
                connections.remove(runnerIdOf('sandbox', sessionId));
              },
            }),
        },
        {
          provide: SessionReconciler,
          inject: [OPTIONS, SessionRepository, SessionDriver, PlacementService, WolfInstanceRegistry],
          useFactory: (
            { logger }: ExternalAgentModuleOptions,
            repository: SessionRepository,
            driver: SessionDriver,
            placements: PlacementService,
            instances: WolfInstanceRegistry,
          ) => {
            const slots = new SlotSweeper(repository, placements, instances, driver);
            return new SessionReconciler(repository, driver, slots, logger);
          },
        },
        {
          provide: ExternalAgentService,
          inject: [OPTIONS, SessionRepository, SessionDirectory, SessionDriver],
          useFactory: (
            { desktop }: ExternalAgentModuleOptions,
            repository: SessionRepository,
            directory: SessionDirectory,
            driver: SessionDriver,
          ) => new ExternalAgentService(repository, directory, driver, desktop),
        },
        ReconcilerLife,
      ],
      exports: [
        ByteBudget,
        SessionRepository,
        SessionDirectory,
        ScreenshotService,
        ClipboardService,
        ExternalAgentService,
      ],
    };
  }
}
