import { LIMITS } from '../limits.js';
import type { SessionId } from './session-id.js';
import type { SessionReason } from './session-state.js';
import type { SessionEntity } from './session.entity.js';
import type { SessionPatch } from './session-patch.js';
import type { SessionRepository } from './session.repository.js';

/** Thrown when the lease ran out under its holder: another replica may be at work, so this one stops touching the session. */
export class LeaseLostError extends Error {
  constructor(sessionId: SessionId) {
    super(`the lease of ${sessionId} is lost`);
    this.name = 'LeaseLostError';
  }
}

/** Thrown when the session's host turns out to be linked at another replica, which is told to go on. */
export class HostElsewhereError extends Error {
  constructor(wolfInstanceId: string) {
    super(`${wolfInstanceId} is linked at another replica`);
    this.name = 'HostElsewhereError';
  }
}

/** The right to change one session, held by one command of one replica and renewed while it works. */
export class SessionLease {
  readonly #repository: SessionRepository;
  readonly #id: SessionId;
  readonly #holder: string;
  readonly #onChange: (session: SessionEntity) => void;
  readonly #lost = new AbortController();
  readonly #renewal: NodeJS.Timeout;
  #endsAt: number;

  private constructor(
    repository: SessionRepository,
    id: SessionId,
    holder: string,
    onChange: (session: SessionEntity) => void,
    askedAt: number,
  ) {
    this.#repository = repository;
    this.#id = id;
    this.#holder = holder;
    this.#onChange = onChange;
    this.#endsAt = askedAt + LIMITS.leaseMs;
    this.#renewal = setInterval(() => {
      // After a process was frozen this comes before anything else is done.
      if (performance.now() > this.#endsAt) this.destroy();
      // One renewal that fails says little: the next follows long before the end.
      this.hold().catch(() => undefined);
    }, LIMITS.leaseMs / 3);
    this.#renewal.unref();
  }

  /** `undefined` while somebody else holds the session, or should; see `SessionRepository.claim`. `onChange` is told of the row as claimed and of each change. */
  static async claim(
    repository: SessionRepository,
    id: SessionId,
    holder: string,
    onChange: (session: SessionEntity) => void,
    here = false,
  ): Promise<{ readonly lease: SessionLease; readonly session: SessionEntity } | undefined> {
    const askedAt = performance.now();
    const session = await repository.claim(id, holder, LIMITS.leaseMs, here);
    if (session === undefined) return undefined;
    onChange(session);
    return { lease: new SessionLease(repository, id, holder, onChange, askedAt), session };
  }

  /** Aborts, with a LeaseLostError, when the lease is known or feared to be lost, and by `destroy`. */
  get signal(): AbortSignal {
    return this.#lost.signal;
  }

  /**
   * Renews the lease. To be awaited before anything that would harm the session if somebody else held it by now.
   * @throws LeaseLostError
   */
  async hold(): Promise<void> {
    this.#lost.signal.throwIfAborted();
    const askedAt = performance.now();
    const isHeld = await this.#repository.renew(this.#id, this.#holder, LIMITS.leaseMs);
    if (!isHeld) this.destroy();
    this.#lost.signal.throwIfAborted();
    this.#endsAt = askedAt + LIMITS.leaseMs;
  }

  /** @throws LeaseLostError */
  change(patch: SessionPatch): Promise<SessionEntity> {
    return this.#write(() => this.#repository.change(this.#id, this.#holder, patch));
  }

  /** See `SessionRepository.markRunning`. @throws LeaseLostError */
  markRunning(lobbyId: string): Promise<SessionEntity> {
    return this.#write(() => this.#repository.markRunning(this.#id, this.#holder, lobbyId));
  }

  /** See `SessionRepository.finishStop`. @throws LeaseLostError */
  finishStop(reason: SessionReason | null): Promise<SessionEntity> {
    return this.#write(() => this.#repository.finishStop(this.#id, this.#holder, reason));
  }

  async #write(change: () => Promise<SessionEntity | undefined>): Promise<SessionEntity> {
    this.#lost.signal.throwIfAborted();
    const session = await change();
    if (session === undefined) {
      this.destroy();
      throw new LeaseLostError(this.#id);
    }
    this.#onChange(session);
    return session;
  }

  /** Cuts the work under the lease; idempotent. The row stays claimed until `release`. */
  destroy(): void {
    this.#lost.abort(new LeaseLostError(this.#id));
  }

  /** Never rejects: a lease that could not be given back runs out. */
  async release(): Promise<void> {
    clearInterval(this.#renewal);
    await this.#repository.release(this.#id, this.#holder).catch(() => undefined);
  }
}
