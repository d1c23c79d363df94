import { LIMITS } from '../limits.js';
import type { SessionId } from './session-id.js';
import type { SessionState } from './session-state.js';
import type { SessionEntity } from './session.entity.js';
import type { SessionRepository } from './session.repository.js';
import { transitionOf, type DriverTransition, type Given } from './transitions.js';

/** Thrown when the lease ran out under its holder: another replica may be at work, so this one stops touching the session. */
export class LeaseLostError extends Error {
  constructor(sessionId: SessionId) {
    super(`the lease of ${sessionId} is lost`);
    this.name = 'LeaseLostError';
  }
}

/** Thrown when a driver asks for a transition that does not go from the session's state: a fault of the driver. */
export class IllegalTransitionError extends Error {
  constructor(sessionId: SessionId, transition: DriverTransition, state: SessionState) {
    super(`${transition} of ${sessionId} does not go from ${state}`);
    this.name = 'IllegalTransitionError';
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
  #state: SessionState;
  #endsAt: number;

  private constructor(
    repository: SessionRepository,
    { id, state }: SessionEntity,
    holder: string,
    onChange: (session: SessionEntity) => void,
    askedAt: number,
  ) {
    this.#repository = repository;
    this.#id = id;
    this.#state = state;
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

  /** `undefined` while another driver holds the session, or should; see `SessionRepository.claim`. `onChange` is told of the row as claimed and of each change. */
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
    return { lease: new SessionLease(repository, session, holder, onChange, askedAt), session };
  }

  /** Aborts, with a LeaseLostError, when the lease is known or feared to be lost, and by `destroy`. */
  get signal(): AbortSignal {
    return this.#lost.signal;
  }

  /**
   * Renews the lease. To be awaited before anything that would harm the session if another driver held it by now.
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

  /**
   * Makes a transition and resolves with the row after it.
   * @throws LeaseLostError; IllegalTransitionError when the session is in a state from which it does not go
   */
  async change<Name extends DriverTransition>(name: Name, ...given: Given<Name>): Promise<SessionEntity> {
    this.#lost.signal.throwIfAborted();
    // Under the lease a state that has not ended is changed by its holder only, so that what is known here holds.
    if (!transitionOf(name).from.includes(this.#state)) throw new IllegalTransitionError(this.#id, name, this.#state);
    const session = await this.#repository.change(this.#id, this.#holder, name, ...given);
    if (session === undefined) {
      this.destroy();
      throw new LeaseLostError(this.#id);
    }
    this.#state = session.state;
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
