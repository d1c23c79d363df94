import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { RevDialError, type RunnerDialer } from '@helix/revdial';
import { SimulatedWolf, type WolfEra } from '@helix/sandbox-simulator';
import { PlacementService, WolfInstanceRegistry } from '@helix/scheduler';
import { addOnlineHost } from '@helix/scheduler/testing';
import { WolfClientFactory } from '@helix/wolf-client';
import type { DataSource } from 'typeorm';

import {
  createSessionId,
  SessionLists,
  SessionRepository,
  type DesktopConfig,
  type SessionEntity,
  type SessionId,
} from '../../src/index.js';
import { RecordingTokens } from './recording-tokens.js';
import { Replica } from './replica.js';
import { openSessionDatabase, type SessionDatabase } from './session-database.js';

export const OWNER = 'usr_ann';
const MARKER = 'HELIX_SESSION_ID=';

/** What a session holds, counted where it is held. */
export interface Holdings {
  readonly state: string;
  readonly lobbies: number;
  readonly slots: number;
  readonly tokens: number;
}

/** No host is behind a tunnel here: hosts that are not local are away. */
const AWAY: RunnerDialer = {
  dial: (runnerId) => Promise.reject(new RevDialError('RUNNER_NOT_CONNECTED', `${runnerId} is not connected`)),
};

/** Real PostgreSQL, simulated Wolfs on real sockets, and as many replicas as a test wants. */
export class SessionRig {
  readonly tokens = new RecordingTokens();
  readonly wolfs = new Map<string, SimulatedWolf>();
  readonly #database: SessionDatabase;
  readonly #folder: string;
  readonly #replicas: Replica[] = [];
  readonly #dataSources = new WeakMap<Replica, DataSource>();

  private constructor(database: SessionDatabase, folder: string) {
    this.#database = database;
    this.#folder = folder;
  }

  static async open(): Promise<SessionRig> {
    return new SessionRig(await openSessionDatabase(), await mkdtemp(join(tmpdir(), 'sessions-')));
  }

  get dataSource(): DataSource {
    return this.#database.dataSource;
  }

  get repository(): SessionRepository {
    return new SessionRepository(this.dataSource);
  }

  get lists(): SessionLists {
    return new SessionLists(this.dataSource);
  }

  /** A registered host with its Wolf serving. */
  async addHost(id = 'gpu-1', maxSandboxes = 10, era: WolfEra = 'jan26'): Promise<SimulatedWolf> {
    const wolf = new SimulatedWolf({ socketPath: join(this.#folder, `${id}.sock`), era });
    await wolf.start();
    this.wolfs.set(id, wolf);
    await addOnlineHost(new WolfInstanceRegistry(this.dataSource), { id, maxSandboxes, gpuVendor: 'nvidia' });
    return wolf;
  }

  /** `without`: hosts that it cannot reach, though their Wolf runs on. */
  async addReplica(desktop: Partial<DesktopConfig> = {}, without: readonly string[] = []): Promise<Replica> {
    const reached = [...this.wolfs].filter(([id]) => !without.includes(id));
    const localSockets = Object.fromEntries(reached.map(([id, wolf]) => [id, wolf.socketPath]));
    const clients = new WolfClientFactory({ dialer: AWAY, localSockets });
    const dataSource = await this.#database.connect();
    const replica = new Replica(dataSource, clients, this.tokens, desktop);
    this.#replicas.push(replica);
    this.#dataSources.set(replica, dataSource);
    return replica;
  }

  /** The database is away for this replica from now on. */
  async disconnect(replica: Replica): Promise<void> {
    await this.#dataSources.get(replica)?.destroy();
  }

  /** The row as it is now. */
  async row(id: SessionId): Promise<SessionEntity> {
    const session = await this.repository.find(id);
    if (session === null) throw new Error(`no row of ${id}`);
    return session;
  }

  /** A queued session, as a create leaves it that died before its first step. */
  async insert(): Promise<SessionId> {
    const id = createSessionId();
    await this.repository.insert({
      id,
      ownerId: OWNER,
      name: 'inserted',
      lobbyPin: '0419',
      display: { width: 1920, height: 1080, refreshHz: 60 },
      environment: [],
      gpuVendor: null,
      image: null,
      labels: {},
      idleLimitMs: null,
    });
    return id;
  }

  /** The lease of a holder that never comes back has run out. */
  async expireLease(id: SessionId): Promise<void> {
    await this.dataSource.query(`UPDATE sessions SET lease_expires_at = now() - interval '1 s' WHERE id = $1`, [id]);
  }

  /** Pauses between retries are over. */
  async skipPauses(): Promise<void> {
    await this.dataSource.query('UPDATE sessions SET retry_at = NULL');
  }

  lobbiesOf(id: SessionId): readonly string[] {
    return [...this.wolfs.values()].flatMap((wolf) =>
      wolf.lobbies.filter((lobby) => lobby.env.includes(`${MARKER}${id}`)).map((lobby) => lobby.id),
    );
  }

  /** The token that the session's desktop was given. */
  tokensInLobbiesOf(id: SessionId): readonly string[] {
    return [...this.wolfs.values()]
      .flatMap((wolf) => wolf.lobbies.filter((lobby) => lobby.env.includes(`${MARKER}${id}`)))
      .map((lobby) => lobby.env.findLast((entry) => entry.startsWith('USER_API_TOKEN='))?.slice(15) ?? '');
  }

  /** What the session holds, all told; a session that has ended holds nothing. */
  async holdings(id: SessionId): Promise<Holdings> {
    const { state } = await this.row(id);
    const slot = await new PlacementService(this.dataSource).find(id);
    return {
      state,
      lobbies: this.lobbiesOf(id).length,
      slots: slot === undefined ? 0 : 1,
      tokens: this.tokens.liveOf(id).length,
    };
  }

  async clear(): Promise<void> {
    await Promise.all(this.#replicas.splice(0).map((replica) => replica.close()));
    for (const wolf of this.wolfs.values()) await wolf.close();
    this.wolfs.clear();
    await this.#database.clear();
  }

  async close(): Promise<void> {
    await this.clear();
    await this.#database.close();
    await rm(this.#folder, { recursive: true, force: true });
  }
}

/** What a running session holds: one of each. */
export const RUNNING = { state: 'running', lobbies: 1, slots: 1, tokens: 1 };
export const STOPPED = { state: 'stopped', lobbies: 0, slots: 0, tokens: 0 };
export const FAILED = { state: 'failed', lobbies: 0, slots: 0, tokens: 0 };
