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
}

/**
 * What this replica knows of sessions, so that a picture costs no query and keeps coming while PostgreSQL is away
 * (docs/architecture.md, "Liveness never depends on the database"). Changes made here are seen at once, those of other
 * replicas after two seconds. Never used to decide a change: commands read the row.
 */
export class SessionDirectory {
  readonly #repository: Pick<SessionRepository, 'find'>;
  readonly #now: () => number;
  readonly #remembered = new LRUCache<SessionId, Remembered>({ max: LIMITS.sessionDirectoryMaxEntries });
  readonly #reads = new Map<SessionId, SharedRead<SessionEntity | null>>();
  readonly #listeners = new Set<(session: SessionEntity) => void>();

  constructor(repository: Pick<SessionRepository, 'find'>, now: () => number = () => performance.now()) {
    this.#repository = repository;
    this.#now = now;
  }

  /**
   * The session, at most two seconds old, or at most ten minutes old while the database can not be read.
   * @throws ExternalAgentError SESSION_NOT_FOUND; the database's own error when nothing is remembered
   */
  async get(id: SessionId): Promise<SessionEntity> {
    const known = this.#remembered.get(id);
    const ageMs = known === undefined ? Infinity : this.#now() - known.readAt;
    if (known !== undefined && ageMs < LIMITS.sessionDirectoryFreshMs) return visible(known.session);
    const read = this.#read(id);
    const session =
      known !== undefined && ageMs < LIMITS.sessionDirectoryStaleMs
        ? await readOrStale(read, known.session, LIMITS.sessionDirectoryPatienceMs, this.#now())
        : await read.result;
    // A change made here while the read was under way is newer than what was read.
    if (session !== null) return visible(this.#remembered.peek(id)?.session ?? session);
    this.#remembered.delete(id);
    throw notFound();
  }

  /** Takes in a row which a command has just written or read. */
  remember(session: SessionEntity): void {
    const known = this.#remembered.peek(session.id);
    if (known !== undefined && known.session.version > session.version) return;
    this.#remembered.set(session.id, { session, readAt: this.#now() });
    if (known?.session.version === session.version) return;
    for (const listener of this.#listeners) listener(session);
  }

  /** Hears of each version that becomes known here, deleted ones too. Listeners must not throw. Returns what ends it. */
  subscribe(listener: (session: SessionEntity) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** One read for all who ask for the same session at the same time. */
  #read(id: SessionId): SharedRead<SessionEntity | null> {
    const running = this.#reads.get(id);
    if (running !== undefined) return running;
    const result = this.#repository
      .find(id)
      .then((session) => {
        if (session !== null) this.remember(session);
        return session;
      })
      .finally(() => this.#reads.delete(id));
    const read = { result, startedAtMs: this.#now() };
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
