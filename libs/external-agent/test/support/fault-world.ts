import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RevDialError, RunnerHttpPool, type RunnerDialer } from '@helix/revdial';
import { SimulatedWolf } from '@helix/sandbox-simulator';
import { PlacementService, ProbeFacts, WolfInstanceRegistry } from '@helix/scheduler';
import { addOnlineHost } from '@helix/scheduler/testing';
import { HttpWolfClient, lobbyPinFromText, localSocketDial, WolfWatches } from '@helix/wolf-client';
import { exampleLobby } from '@helix/wolf-client/testing';
import type { DataSource } from 'typeorm';
import { systemClock, type Clock } from '@helix/pacing';
import { eventually, ManualClock } from '@helix/pacing/testing';
import {
  ExternalAgents,
  IceServers,
  MoonlightDialects,
  SessionDirectory,
  SessionRepository,
  type SessionEntity,
  type SessionId,
} from '../../src/index.js';
import { ImpatientWolfs } from './impatient-wolfs.js';
import { LobbyDesktops } from './lobby-desktops.js';
import { RecordingLogger } from './recording-logger.js';
import { RecordingTokens } from './recording-tokens.js';
import { DESKTOP } from './replica.js';
import type { Holdings } from './session-rig.js';

const HOST = 'gpu-1';
const AWAY: RunnerDialer = {
  dial: (runnerId) => Promise.reject(new RevDialError('RUNNER_NOT_CONNECTED', `${runnerId} is not connected`)),
};
/** What takes seconds in life, so that a test need not wait. */
const QUICK = { pauseMs: 20, retryMinMs: 10, retryMaxMs: 100, unfollowedRelistMs: 200, silenceLimitMs: 300 };

/** The Moonlight client of the session's viewer, and one of another viewer that differs in the last digit; both over 2^53. */
export const VIEWER = '9007199254740993';
export const NEIGHBOUR = '9007199254740992';

/**
 * One replica put together as the API does it, on real PostgreSQL, and one host: a simulated Wolf on a real socket that can be
 * spoilt, and desktops that hold real links.
 */
export class FaultWorld {
  readonly tokens = new RecordingTokens();
  readonly logger = new RecordingLogger();
  readonly desktops = new LobbyDesktops(this.tokens);
  readonly wolf: SimulatedWolf;
  readonly wolfs: ImpatientWolfs;
  readonly all: ExternalAgents;
  readonly directory: SessionDirectory;
  readonly #clock: Clock;
  readonly #dataSource: DataSource;
  readonly #folder: string;

  private constructor(dataSource: DataSource, folder: string, clock: Clock) {
    this.#clock = clock;
    this.#dataSource = dataSource;
    this.#folder = folder;
    const socketPath = join(folder, 'wolf.sock');
    this.wolf = new SimulatedWolf({
      socketPath,
      runner: this.desktops,
      keepAliveIntervalMs: 100,
      secondStopDelayMs: 20,
    });
    this.wolfs = new ImpatientWolfs({ dialer: AWAY, localSockets: { [HOST]: socketPath } });
    this.directory = new SessionDirectory(new SessionRepository(dataSource));
    const { connections } = this.desktops;
    this.all = new ExternalAgents(
      {
        desktop: DESKTOP,
        tokens: this.tokens,
        logger: this.logger,
        idleLimitMs: 0,
        iceServers: new IceServers({ stunUrls: [], turnUrls: [], turnSecret: undefined, turnTtlS: 300 }),
        streams: {
          credentials: undefined,
          hostId: 0,
          dialects: new MoonlightDialects(),
          viewersPerSession: 8,
          viewersPerHost: 8,
          viewOnlyNeedsEnforcement: false,
        },
        execEnabled: false,
        localInstanceIds: [HOST],
        desktopPrincipalOf: () => 'desktop',
        reconcileIntervalMs: 50,
        clock: this.#clock,
        // The faults here are for commands; probing has tests of its own.
        probeTimes: { readingsApartMs: 30, firstWithinMs: 0, canaryIntervalMs: 3_600_000, gpuIntervalMs: 3_600_000 },
      },
      {
        dataSource,
        directory: this.directory,
        presence: connections,
        dialer: connections,
        http: new RunnerHttpPool(connections, { headersTimeoutMs: 1_000 }),
        placements: new PlacementService(dataSource),
        instances: new WolfInstanceRegistry(dataSource),
        probeFacts: new ProbeFacts(dataSource),
        wolfs: this.wolfs,
        watches: new WolfWatches(this.wolfs, QUICK),
      },
    );
  }

  /**
   * With a `ManualClock` the reconciler and all else that waits for its time stand still but for `takeTurns`, so that a command alone
   * drives its session.
   */
  static async open(dataSource: DataSource, clock: Clock = systemClock): Promise<FaultWorld> {
    const world = new FaultWorld(dataSource, await mkdtemp(join(tmpdir(), 'faults-')), clock);
    await world.desktops.open();
    await world.wolf.start();
    await addOnlineHost(new WolfInstanceRegistry(dataSource), { id: HOST, maxSandboxes: 4, gpuVendor: 'nvidia' });
    world.all.start();
    return world;
  }

  /** As `GET /sessions/:id` reads it. */
  get(id: SessionId): Promise<SessionEntity> {
    return this.directory.get(id);
  }

  async row(id: SessionId): Promise<SessionEntity> {
    const session = await new SessionRepository(this.#dataSource).find(id);
    if (session === null) throw new Error(`no row of ${id}`);
    return session;
  }

  lobbiesOf(id: SessionId): readonly string[] {
    return this.wolf.lobbies.filter(({ env }) => env.includes(`HELIX_SESSION_ID=${id}`)).map((lobby) => lobby.id);
  }

  /** The session's viewer streams from the host, and has not joined a lobby yet. */
  launchViewer(id: SessionId): void {
    if (!this.wolf.sessionIds.includes(VIEWER))
      this.wolf.launchSession({ clientId: VIEWER, clientUniqueId: `helix-agent-${id}` });
  }

  /** A lobby that bears the session's marker; without a PIN, the session's own is taken, if there is a session yet. */
  async makeTwin(id: SessionId, pin?: string): Promise<void> {
    const session = await new SessionRepository(this.#dataSource).find(id);
    const example = exampleLobby();
    if (example.runner.type !== 'docker') throw new Error('the example lobby runs a container');
    await new HttpWolfClient(localSocketDial(this.wolf.socketPath)).createLobby(
      exampleLobby({
        pin: lobbyPinFromText(pin ?? session?.lobbyPin ?? '0000'),
        runner: { ...example.runner, env: [`HELIX_SESSION_ID=${id}`] },
      }),
    );
  }

  async desktopConnected(id: SessionId): Promise<void> {
    await eventually(() => {
      expect(this.desktops.connections.find(`sandbox-${id}` as never)?.state).toBe('connected');
    });
  }

  /** Pauses between retries are over, and the reconciler and all else that waits for its time has its turn. */
  async takeTurns(): Promise<void> {
    await this.#dataSource.query('UPDATE sessions SET retry_at = NULL');
    if (this.#clock instanceof ManualClock) await this.#clock.advance(50);
  }

  /** The host's lists are read once more, and what they show is dealt with. */
  async lookAgain(): Promise<void> {
    const seen = this.all.hosts.whenSeen(HOST, AbortSignal.timeout(5_000));
    this.all.hosts.refresh(HOST);
    await seen;
  }

  /** What the session holds, all told. */
  async holdings(id: SessionId): Promise<Holdings> {
    const { state } = await this.row(id);
    const slot = await new PlacementService(this.#dataSource).find(id);
    return {
      state,
      lobbies: this.lobbiesOf(id).length,
      slots: slot === undefined ? 0 : 1,
      tokens: this.tokens.liveOf(id).length,
    };
  }

  async close(): Promise<void> {
    await this.all.close();
    await this.wolf.close();
    await this.desktops.close();
    await rm(this.#folder, { recursive: true, force: true });
  }
}
