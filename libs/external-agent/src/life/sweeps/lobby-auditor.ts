import { systemClock, type Clock } from '@helix/pacing';
import { LRUCache } from 'lru-cache';
import type { DataSource } from 'typeorm';
import type { WolfLobby, WolfSnapshot } from '@helix/wolf-client';
import { markedLifeOf, markedSessionOf } from '../../session/desktop-marks.js';
import type { ExternalAgentLogger } from '../../external-agent-logger.js';
import type { SessionDriver } from '../driver/session-driver.js';
import { LIMITS } from '../../limits.js';
import { isSessionId, type SessionId } from '../../session/session-id.js';
import type { SessionEntity } from '../../session/session.entity.js';
import type { HostWatch } from '../../hosts/host-watch.js';
import { TwoReadings } from '../../hosts/two-readings.js';

type AuditedSession = Pick<SessionEntity, 'id' | 'state' | 'desired' | 'life' | 'wolfInstanceId' | 'lobbyId'>;

/** A lobby that a host is seen to run for a session. */
interface SeenLobby {
  readonly id: string;
  readonly life: number;
}

interface AuditTimes {
  /** Between the two readings that must agree. */
  readonly apartMs?: number | undefined;
  readonly clock?: Clock | undefined;
}

interface Suspect {
  readonly id: SessionId;
  /** Names this very disagreement. */
  readonly key: string;
}

/**
 * Compares what a host is seen to run with what the rows say, and has each session audited whose two do not agree: one whose
 * desktop is gone is started again, one that should not be there (any more) is stopped. One reading decides nothing (`TwoReadings`);
 * and since what is seen may be old by the time it is looked at, the audit looks again, under the session's lease.
 */
export class LobbyAuditor {
  readonly #dataSource: DataSource;
  readonly #driver: Pick<SessionDriver, 'audit'>;
  readonly #hosts: Pick<HostWatch, 'eraOf'>;
  readonly #logger: ExternalAgentLogger;
  readonly #readings: TwoReadings;
  /** Disagreements that were dealt with a moment ago; those that stay are looked at again after a while. */
  readonly #handled = new LRUCache<string, true>({ max: LIMITS.auditsRemembered, ttl: LIMITS.auditAgainMs });
  readonly #underWay = new Map<string, { next: WolfSnapshot | undefined; readonly ended: Promise<void> }>();
  readonly #clock: Clock;
  /** Of hosts that are looked at again: what cancels that. */
  readonly #lookAgain = new Map<string, () => void>();
  #isClosed = false;

  constructor(
    dataSource: DataSource,
    driver: Pick<SessionDriver, 'audit'>,
    hosts: Pick<HostWatch, 'eraOf' | 'refresh'>,
    logger: ExternalAgentLogger,
    { apartMs = LIMITS.readingsApartMs, clock = systemClock }: AuditTimes = {},
  ) {
    this.#dataSource = dataSource;
    this.#driver = driver;
    this.#hosts = hosts;
    this.#logger = logger;
    this.#readings = new TwoReadings(
      apartMs,
      (id) => {
        hosts.refresh(id);
      },
      clock,
    );
    this.#clock = clock;
  }

  /** Looks at this reading of the host; while an earlier one is still being dealt with, only the latest waits. */
  look(wolfInstanceId: string, snapshot: WolfSnapshot): void {
    if (this.#isClosed) return;
    const running = this.#underWay.get(wolfInstanceId);
    if (running !== undefined) {
      running.next = snapshot;
      return;
    }
    const ended = this.#lookAtAll(wolfInstanceId, snapshot);
    this.#underWay.set(wolfInstanceId, { next: undefined, ended });
  }

  /** Begins nothing more; resolves when the audits under way are over. Never rejects. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#readings.close();
    for (const cancel of this.#lookAgain.values()) cancel();
    await Promise.all([...this.#underWay.values()].map(({ ended }) => ended));
  }

  async #lookAtAll(wolfInstanceId: string, first: WolfSnapshot): Promise<void> {
    // In a later turn, so that it is known to be under way.
    await Promise.resolve();
    for (let snapshot: WolfSnapshot | undefined = first; snapshot !== undefined && !this.#isClosed;) {
      try {
        await this.#lookAt(wolfInstanceId, snapshot);
      } catch (error) {
        this.#logger.warn({ wolfInstanceId, error }, 'host audit failed');
      }
      const running = this.#underWay.get(wolfInstanceId);
      snapshot = running?.next;
      if (running !== undefined) running.next = undefined;
    }
    this.#underWay.delete(wolfInstanceId);
  }

  async #lookAt(wolfInstanceId: string, snapshot: WolfSnapshot): Promise<void> {
    const lobbies = lobbiesBySession(snapshot.lobbies);
    const sessions = await this.#listConcerned(wolfInstanceId, [...lobbies.keys()]);
    const found: Suspect[] = [];
    for (const session of sessions) {
      const seen = lobbies.get(session.id) ?? [];
      if (isAsItShouldBe(session, wolfInstanceId, seen)) continue;
      const { id, state, life, lobbyId } = session;
      const key = [wolfInstanceId, id, state, life, lobbyId, ...seen.map((lobby) => lobby.id)].join(' ');
      if (!this.#handled.has(key)) found.push({ id, key });
    }
    const confirmed = this.#readings.confirm(
      wolfInstanceId,
      snapshot,
      found.map(({ key }) => key),
    );
    const suspects = found.filter(({ key }) => confirmed.has(key));
    // Wolf is one thread, and each audit asks it.
    const work = async (): Promise<void> => {
      for (let next = suspects.shift(); next !== undefined && !this.#isClosed; next = suspects.shift()) {
        if (!(await this.#audit(wolfInstanceId, snapshot.era, next))) this.#lookAgainSoon(wolfInstanceId, snapshot);
      }
    };
    await Promise.all(Array.from({ length: LIMITS.reconcilerMaxDrivesPerHost }, work));
  }

  /** `false` when nothing could be found out, because another driver holds the session, or on an error. */
  async #audit(wolfInstanceId: string, era: number, { id, key }: Suspect): Promise<boolean> {
    const isSameWolf = (): boolean => this.#hosts.eraOf(wolfInstanceId) === era;
    try {
      if ((await this.#driver.audit(id, wolfInstanceId, isSameWolf)) === undefined) return false;
      // Another one has to be read twice again.
      if (!isSameWolf()) return true;
      this.#handled.set(key, true);
      return true;
    } catch (error) {
      this.#logger.warn({ sessionId: id, wolfInstanceId, error }, 'session audit failed; it is retried');
      return false;
    }
  }

  #lookAgainSoon(wolfInstanceId: string, snapshot: WolfSnapshot): void {
    if (this.#isClosed || this.#lookAgain.has(wolfInstanceId)) return;
    const cancel = this.#clock.after(LIMITS.auditRetryMs, () => {
      this.#lookAgain.delete(wolfInstanceId);
      this.look(wolfInstanceId, snapshot);
    });
    this.#lookAgain.set(wolfInstanceId, cancel);
  }

  /** Sessions that should run on this host, and those it is seen to run. Lobbies of unknown sessions are foreign. */
  async #listConcerned(wolfInstanceId: string, ids: readonly SessionId[]): Promise<readonly AuditedSession[]> {
    return await this.#dataSource.query<AuditedSession[]>(
      `SELECT id, state, desired, generation AS life, wolf_instance_id AS "wolfInstanceId", lobby_id AS "lobbyId" FROM sessions
       WHERE id = ANY($2) OR (wolf_instance_id = $1 AND state = 'running' AND desired = 'running')`,
      [wolfInstanceId, ids],
    );
  }
}

function lobbiesBySession(lobbies: readonly WolfLobby[]): ReadonlyMap<SessionId, readonly SeenLobby[]> {
  const found = new Map<SessionId, SeenLobby[]>();
  for (const { id, runner } of lobbies) {
    if (runner.type !== 'docker') continue;
    const sessionId = markedSessionOf(runner.env);
    if (sessionId === undefined || !isSessionId(sessionId)) continue;
    const lobby = { id, life: markedLifeOf(runner.env) };
    const others = found.get(sessionId);
    if (others === undefined) found.set(sessionId, [lobby]);
    else others.push(lobby);
  }
  return found;
}

function isAsItShouldBe(session: AuditedSession, wolfInstanceId: string, seen: readonly SeenLobby[]): boolean {
  if (session.wolfInstanceId !== wolfInstanceId) return seen.length === 0;
  const areOfThisLife = seen.every(({ life }) => life === session.life);
  switch (session.state) {
    case 'stopped':
    case 'failed':
      return seen.length === 0;
    case 'running':
      return session.desired === 'stopped' || (areOfThisLife && seen.length === 1 && seen[0]?.id === session.lobbyId);
    case 'queued':
    case 'placing':
    case 'starting':
    case 'stopping':
      // A driver is at work on it, but not on what it has left behind.
      return areOfThisLife;
    default:
      return session.state satisfies never;
  }
}
