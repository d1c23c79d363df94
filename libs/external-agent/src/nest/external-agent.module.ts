import {
  Inject,
  Injectable,
  Module,
  type BeforeApplicationShutdown,
  type DynamicModule,
  type FactoryProvider,
  type ModuleMetadata,
  type OnApplicationBootstrap,
  type Type,
} from '@nestjs/common';
import { getDataSourceToken } from '@nestjs/typeorm';
import { RunnerDialer, RunnerHttpPool, RunnerPresence } from '@helix/revdial';
import { PlacementService, ProbeFacts, ReplicaPresence, WolfInstanceRegistry } from '@helix/scheduler';
import { WolfClientFactory, WolfWatches } from '@helix/wolf-client';
import type { DataSource } from 'typeorm';
import { ClipboardService } from '../desktop-services/clipboard.service.js';
import { ByteBudget } from '../desktop-services/byte-budget.js';
import { ExecService } from '../desktop-services/exec/exec.service.js';
import { ExternalAgents, type ExternalAgentsOptions } from '../external-agents.js';
import { DesktopHealthService } from '../desktop-services/desktop-health.service.js';
import { HostWatch } from '../hosts/host-watch.js';
import { SessionActivity } from '../session/session-activity.js';
import { ExternalAgentService } from '../life/external-agent.service.js';
import { LogService } from '../desktop-services/logs/log.service.js';
import { LastPictures } from '../desktop-services/pictures/last-pictures.js';
import { ScreenshotService } from '../desktop-services/pictures/screenshot.service.js';
import { SessionDirectory } from '../session/session-directory.js';
import { SessionLists } from '../session/session-lists.js';
import { SessionRepository } from '../session/session.repository.js';
import { SessionShares } from '../session/shares/session-shares.js';
import { AutoJoin } from '../streams/auto-join.js';
import { SessionStreams } from '../streams/session-streams.js';
import { UploadService } from '../desktop-services/upload/upload.service.js';
import { SessionFeed } from '../view/session-feed.js';
import { SessionViews } from '../view/session-view.js';

/** Starts and ends the work with the application. */
@Injectable()
class ExternalAgentsLife implements OnApplicationBootstrap, BeforeApplicationShutdown {
  constructor(@Inject(ExternalAgents) private readonly all: ExternalAgents) {}

  onApplicationBootstrap(): void {
    this.all.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.all.close();
  }
}

/** One of the parts as a provider of its own, so that a controller names only what it uses. */
function part<T>(token: Type<T>, of: (all: ExternalAgents) => T): FactoryProvider<T> {
  return { provide: token, inject: [ExternalAgents], useFactory: of };
}

const PARTS = [
  part(ByteBudget, (all) => all.budget),
  part(SessionActivity, (all) => all.activity),
  part(LastPictures, (all) => all.pictures),
  part(ScreenshotService, (all) => all.screenshots),
  part(ClipboardService, (all) => all.clipboards),
  part(UploadService, (all) => all.uploads),
  part(ExecService, (all) => all.execs),
  part(LogService, (all) => all.logs),
  part(DesktopHealthService, (all) => all.health),
  part(ExternalAgentService, (all) => all.agents),
  part(HostWatch, (all) => all.hosts),
  part(AutoJoin, (all) => all.autoJoin),
  part(SessionViews, (all) => all.views),
  part(SessionFeed, (all) => all.feed),
  part(SessionStreams, (all) => all.streams),
];

const OPTIONS = Symbol('ExternalAgentsOptions');

/**
 * Sessions and their desktops. Needs the TypeORM data source with `EXTERNAL_AGENT_ENTITIES`, and the modules of RevDial,
 * the Wolf client and the scheduler, all global.
 */
@Module({})
export class ExternalAgentModule {
  static forRootAsync(options: {
    readonly imports?: ModuleMetadata['imports'];
    readonly inject?: FactoryProvider['inject'];
    readonly useFactory: (...parts: never[]) => ExternalAgentsOptions;
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
          provide: SessionLists,
          inject: [getDataSourceToken()],
          useFactory: (dataSource: DataSource) => new SessionLists(dataSource),
        },
        {
          provide: SessionDirectory,
          inject: [SessionRepository],
          useFactory: (repository: SessionRepository) => new SessionDirectory(repository),
        },
        {
          provide: SessionShares,
          inject: [getDataSourceToken(), ReplicaPresence],
          useFactory: (dataSource: DataSource, { now }: ReplicaPresence) => new SessionShares(dataSource, now),
        },
        {
          provide: ExternalAgents,
          inject: [
            OPTIONS,
            getDataSourceToken(),
            SessionDirectory,
            RunnerPresence,
            RunnerDialer,
            RunnerHttpPool,
            PlacementService,
            WolfInstanceRegistry,
            ProbeFacts,
            WolfClientFactory,
            WolfWatches,
            ReplicaPresence,
          ],
          useFactory: (
            all: ExternalAgentsOptions,
            dataSource: DataSource,
            directory: SessionDirectory,
            presence: RunnerPresence,
            dialer: RunnerDialer,
            http: RunnerHttpPool,
            placements: PlacementService,
            instances: WolfInstanceRegistry,
            probeFacts: ProbeFacts,
            wolfs: WolfClientFactory,
            watches: WolfWatches,
            replica: ReplicaPresence,
          ) =>
            new ExternalAgents(all, {
              dataSource,
              directory,
              presence,
              dialer,
              http,
              placements,
              instances,
              probeFacts,
              wolfs,
              watches,
              replica,
            }),
        },
        ...PARTS,
        ExternalAgentsLife,
      ],
      exports: [
        SessionRepository,
        SessionLists,
        SessionDirectory,
        SessionShares,
        ExternalAgents,
        ...PARTS.map(({ provide }) => provide),
      ],
    };
  }
}
