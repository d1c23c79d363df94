import { randomBytes } from 'node:crypto';
import type { Duplex } from 'node:stream';
import { RevDialError } from '../revdial-error.js';
import type { OpenStreamOptions } from '../runner-link.js';

export interface PendingDialsOptions {
  readonly maxPendingCount: number;
  readonly maxUnansweredCount: number;
  readonly dialTimeoutMs: number;
  /** May dials be announced to the runner now? */
  readonly canAnnounce: () => boolean;
  readonly announce: (requestId: string) => void;
}

interface PendingDial {
  readonly requestId: string;
  readonly settle: (outcome: Duplex | RevDialError) => void;
  announcedAtMs: number;
}

/**
 * The dials of one link that wait for the runner to dial back. Each has its own id, which the runner's connection repeats,
 * so that no dial ever gets the connection of another. A dial leaves when it is picked up, refused, aborted or out of
 * time, and its id with it: whatever comes later for that id belongs to nobody.
 */
export class PendingDials {
  readonly #options: PendingDialsOptions;
  /** Both in the order in which they were opened. */
  readonly #queued = new Map<string, PendingDial>();
  readonly #announced = new Map<string, PendingDial>();

  constructor(options: PendingDialsOptions) {
    this.#options = options;
  }

  get count(): number {
    return this.#queued.size + this.#announced.size;
  }

  /** When the dial was announced that waits for longest; `undefined` when none waits. */
  get oldestAnnouncedAtMs(): number | undefined {
    return firstOf(this.#announced)?.announcedAtMs;
  }

  /** @throws RevDialError DIAL_TIMEOUT, DIAL_ABORTED, LIMIT_REACHED, and what `fail` and `failAll` are given */
  open(options: OpenStreamOptions = {}): Promise<Duplex> {
    const { signal } = options;
    if (signal?.aborted === true) return Promise.reject(aborted(signal));
    if (this.count >= this.#options.maxPendingCount) {
      return Promise.reject(new RevDialError('LIMIT_REACHED', 'too many dials wait for this runner'));
    }
    return new Promise((resolve, reject) => {
      const requestId = randomBytes(16).toString('hex');
      const timeoutMs = options.timeoutMs ?? this.#options.dialTimeoutMs;
      const onAbort = (): void => {
        settle(aborted(signal));
      };
      const settle = (outcome: Duplex | RevDialError): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', onAbort);
        this.#queued.delete(requestId);
        const freedSlot = this.#announced.delete(requestId);
        if (outcome instanceof RevDialError) reject(outcome);
        else resolve(outcome);
        if (freedSlot) this.pump();
      };
      const dial: PendingDial = { requestId, settle, announcedAtMs: 0 };
      const timer = setTimeout(() => {
        settle(new RevDialError('DIAL_TIMEOUT', `the runner did not pick up within ${String(timeoutMs)} ms`));
      }, timeoutMs);
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#queued.set(requestId, dial);
      this.pump();
    });
  }

  /** Announces as many queued dials as may be unanswered at once. */
  pump(): void {
    while (this.#queued.size > 0 && this.#announced.size < this.#options.maxUnansweredCount) {
      if (!this.#options.canAnnounce()) return;
      const dial = firstOf(this.#queued);
      if (dial === undefined) return;
      this.#queued.delete(dial.requestId);
      dial.announcedAtMs = Date.now();
      this.#announced.set(dial.requestId, dial);
      this.#options.announce(dial.requestId);
    }
  }

  /** Is this dial waiting to be picked up? */
  isAnnounced(requestId: string): boolean {
    return this.#announced.has(requestId);
  }

  /** Gives `stream` to the dial it was made for. `false`: nobody waits for it. */
  pickUp(requestId: string, stream: Duplex): boolean {
    const dial = this.#announced.get(requestId);
    if (dial === undefined) return false;
    dial.settle(stream);
    return true;
  }

  /** Fails exactly this dial; unknown ids are ignored. */
  fail(requestId: string, error: RevDialError): boolean {
    const dial = this.#announced.get(requestId);
    dial?.settle(error);
    return dial !== undefined;
  }

  failAll(error: RevDialError): void {
    // Queued ones first: otherwise each failed dial would announce the next one.
    for (const dial of [...this.#queued.values(), ...this.#announced.values()]) dial.settle(error);
  }
}

function firstOf<T>(map: ReadonlyMap<unknown, T>): T | undefined {
  for (const value of map.values()) return value;
  return undefined;
}

function aborted(signal: AbortSignal | undefined): RevDialError {
  return new RevDialError('DIAL_ABORTED', 'the caller gave up', { cause: signal?.reason });
}
