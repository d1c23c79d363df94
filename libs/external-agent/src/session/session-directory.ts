import { LRUCache } from 'lru-cache';
import { ExternalAgentError } from '../external-agent-error.js';
import { LIMITS } from '../limits.js';
import { readOrStale, type SharedRead } from '../read-or-stale.js';
import type { SessionId } from './session-id.js';
import type { SessionEntity } from './session.entity.js';
import type { SessionRepository } from './session.repository.js';

interface Remembered {
  readonly session: SessionEntity;
  readonly readAt: number;
  /** The epoch in which it was read; it counts as current in no other. */
  readonly epoch: number;
}

/** No epoch at all. */
const DOUBTED = -1;

/**
 * What this replica knows of sessions, so that a picture costs no query and keeps coming while PostgreSQL is away
 * (docs/architecture.md, "Liveness never depends on the database"). Changes made here are seen at once, those of other
 * replicas when they are announced (`invalidate`), or after two seconds. Never used to decide a change: commands read the row.
 */
export class SessionDirectory {
  readonly #repository: Pick<SessionRepository, 'find'>;
  readonly #now: () => number;
  readonly #remembered = new LRUCache<SessionId, Remembered>({ max: LIMITS.sessionDirectoryMaxEntries });
  readonly #reads = new Map<SessionId, SharedRead<SessionEntity | null>>();
  readonly #listeners = new Set<(session: SessionEntity) => void>();
  /** Rises whenever anything may have changed. */
  #epoch = 0;

  constructor(repository: Pick<SessionRepository, 'find'>, now: () => number = () => performance.now()) {
    this.#repository = repository;
    this.#now = now;
  }

  /**
   * The session, at most two seconds old, or at most ten minutes old while the database cannot be read.
   * @throws ExternalAgentError SESSION_NOT_FOUND; the database's own error when nothing is remembered
   */
  async get(id: SessionId): Promise<SessionEntity> {
    const known = this.#remembered.get(id);
    const ageMs = known === undefined ? Infinity : this.#now() - known.readAt;
    if (known?.epoch === this.#epoch && ageMs < LIMITS.sessionDirectoryFreshMs) return visible(known.session);
    const read = this.#read(id);
    const session =
      known !== undefined && ageMs < LIMITS.sessionDirectoryStaleMs
        ? await readOrStale(read, known.session, LIMITS.sessionDirectoryPatienceMs, this.#now())
        : await read.result;
    if (session !== null) return visible(this.#newerOf(session));
    this.#remembered.delete(id);
    throw notFound();
  }

  /** Takes in a row which a command has just written or read. */
  remember(session: SessionEntity): void {
    const known = this.#remembered.peek(session.id);
    if (known !== undefined && known.session.version > session.version) return;
    this.#remembered.set(session.id, { session, readAt: this.#now(), epoch: this.#epoch });
    if (known?.session.version === session.version) return;
    for (const listener of this.#listeners) listener(session);
  }

  /** There is no such session any more. */
  forget(id: SessionId): void {
    this.#remembered.delete(id);
    this.#reads.delete(id);
  }

  /** Hears of each version that becomes known here, deleted ones too. Listeners must not throw. Returns what ends it. */
  subscribe(listener: (session: SessionEntity) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * The session, or with `undefined` any, may have changed elsewhere: who asks from now on is answered from a read that
   * begins after this. What is remembered stays for when the database is away.
   */
  invalidate(id: SessionId | undefined): void {
    if (id === undefined) {
      this.#epoch += 1;
      this.#reads.clear();
      return;
    }
    const known = this.#remembered.peek(id);
    if (known !== undefined) this.#remembered.set(id, { ...known, epoch: DOUBTED });
    this.#reads.delete(id);
  }

  /** A change made here while a read was under way is newer than what was read. */
  #newerOf(session: SessionEntity): SessionEntity {
    const known = this.#remembered.peek(session.id);
    return known !== undefined && known.session.version > session.version ? known.session : session;
  }

  /** One read for all who ask for the same session at the same time. */
  #read(id: SessionId): SharedRead<SessionEntity | null> {
    const running = this.#reads.get(id);
    if (running !== undefined) return running;
    const result = this.#repository
      .find(id)
      .then((session) => {
        // A read that an announcement has overtaken may be older than it.
        if (session !== null && this.#reads.get(id) === read) this.remember(session);
        return session;
      })
      .finally(() => {
        if (this.#reads.get(id) === read) this.#reads.delete(id);
      });
    const read: SharedRead<SessionEntity | null> = { result, startedAtMs: this.#now() };
    this.#reads.set(id, read);
    return read;
  }
}

function visible(session: SessionEntity): SessionEntity {
  if (session.deletedAt !== null) throw notFound();
  return session;
}

function notFound(): ExternalAgentError {
  return new ExternalAgentError('SESSION_NOT_FOUND', 'Session not found');
}
