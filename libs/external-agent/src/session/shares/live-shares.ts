import { LRUCache } from 'lru-cache';
import { LIMITS } from '../../limits.js';
import { readOrStale, type SharedRead } from '../../read-or-stale.js';
import type { SessionId } from '../session-id.js';
import type { SessionShareEntity } from './session-share.entity.js';
import type { SessionShareRepository } from './session-share.repository.js';

type Shares = readonly SessionShareEntity[];

interface Remembered {
  readonly shares: Shares;
  readonly readAt: number;
  /** The epoch in which it was read; it counts as current in no other. */
  readonly epoch: number;
}

/** No epoch at all. */
const DOUBTED = -1;

/**
 * What this replica knows of the shares of sessions, all of one session together: so that a viewer's polling costs no query,
 * nor that of a caller without a share, and so that viewers stay while PostgreSQL is away.
 */
export class LiveShares {
  readonly #repository: Pick<SessionShareRepository, 'listLive'>;
  readonly #now: () => number;
  readonly #time: () => Date;
  readonly #remembered = new LRUCache<SessionId, Remembered>({
    maxSize: LIMITS.sharesRemembered,
    sizeCalculation: ({ shares }) => 1 + shares.length,
  });
  /** One read for all who ask for the same session at the same time, but none begun before a change. */
  readonly #reads = new Map<SessionId, SharedRead<Shares>>();
  /** Rises whenever anything may have changed. */
  #epoch = 0;

  /** `time` is the database's, in which shares end. */
  constructor(
    repository: Pick<SessionShareRepository, 'listLive'>,
    now: () => number = () => performance.now(),
    time: () => Date = () => new Date(),
  ) {
    this.#repository = repository;
    this.#now = now;
    this.#time = time;
  }

  /**
   * The shares of a session that open something now, at most two seconds old, or at most ten minutes while the database can
   * not be read.
   * @throws the database's error when nothing is remembered
   */
  async of(sessionId: SessionId): Promise<Shares> {
    const known = this.#remembered.get(sessionId);
    const ageMs = known === undefined ? Infinity : this.#now() - known.readAt;
    if (known?.epoch === this.#epoch && ageMs < LIMITS.shareFreshMs) return this.#unexpired(known.shares);
    const read = this.#read(sessionId);
    if (known === undefined || ageMs >= LIMITS.shareStaleMs) return this.#unexpired(await read.result);
    return this.#unexpired(await readOrStale(read, known.shares, LIMITS.sharePatienceMs, this.#now()));
  }

  /**
   * Shares of the session, or with `undefined` any, may have changed: who asks from now on is answered from a read that begins
   * after this. What is remembered stays for when the database is away, but for the share that is named as changed: one that
   * was revoked must not come back then.
   */
  invalidate(sessionId: SessionId | undefined, changedShareId?: string): void {
    if (sessionId === undefined) {
      this.#epoch += 1;
      this.#reads.clear();
      return;
    }
    const known = this.#remembered.peek(sessionId);
    if (known !== undefined) {
      const shares = known.shares.filter(({ id }) => id !== changedShareId);
      this.#remembered.set(sessionId, { shares, readAt: known.readAt, epoch: DOUBTED });
    }
    this.#reads.delete(sessionId);
  }

  #unexpired(shares: Shares): Shares {
    return unexpiredAt(this.#time(), shares);
  }

  #read(sessionId: SessionId): SharedRead<Shares> {
    const running = this.#reads.get(sessionId);
    if (running !== undefined) return running;
    const epoch = this.#epoch;
    const result = this.#repository
      .listLive(sessionId)
      .then((shares) => {
        // A read that a change has overtaken may be older than it.
        if (this.#reads.get(sessionId) === read) {
          this.#remembered.set(sessionId, { shares, readAt: this.#now(), epoch });
        }
        return shares;
      })
      .finally(() => {
        if (this.#reads.get(sessionId) === read) this.#reads.delete(sessionId);
      });
    const read: SharedRead<Shares> = { result, startedAtMs: this.#now() };
    this.#reads.set(sessionId, read);
    return read;
  }
}

function unexpiredAt(now: Date, shares: Shares): Shares {
  const nowMs = now.getTime();
  return shares.filter(({ expiresAt }) => expiresAt.getTime() > nowMs);
}
