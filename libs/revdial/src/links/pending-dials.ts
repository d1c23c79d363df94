import { randomBytes } from 'node:crypto';
import type { Duplex } from 'node:stream';
import { WaitingLine, type Place } from '@helix/pacing';
import { abortErrorOf, RevDialError } from '../revdial-error.js';
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
  announcedAtMs: number | undefined;
}

/**
 * The dials of one link that wait for the runner to dial back. Each has its own id, which the runner's connection repeats,
 * so that no dial ever gets the connection of another. A dial leaves when it is picked up, refused, aborted or out of
 * time, and its id with it: a connection that comes later for that id is refused.
 */
export class PendingDials {
  readonly #options: PendingDialsOptions;
  /** Announced or not, in the order in which they were opened. */
  readonly #line: WaitingLine<PendingDial, Duplex>;
  readonly #announced = new Map<string, Place<PendingDial, Duplex>>();

  constructor(options: PendingDialsOptions) {
    this.#options = options;
    this.#line = new WaitingLine({
      maxCount: options.maxPendingCount,
      whenFull: () => new RevDialError('LIMIT_REACHED', 'too many dials wait for this runner'),
      whenLate: (limitMs) =>
        new RevDialError('DIAL_TIMEOUT', `the runner did not pick up within ${String(limitMs)} ms`),
      whenAborted: abortErrorOf,
    });
  }

  get count(): number {
    return this.#line.size;
  }

  /** When the dial was announced that waits for longest; `undefined` when none waits. */
  get oldestAnnouncedAtMs(): number | undefined {
    for (const { ticket } of this.#announced.values()) return ticket.announcedAtMs;
    return undefined;
  }

  /** @throws RevDialError DIAL_TIMEOUT, DIAL_ABORTED, LIMIT_REACHED, and what `fail` and `failAll` are given */
  async open(options: OpenStreamOptions = {}): Promise<Duplex> {
    const requestId = randomBytes(16).toString('hex');
    const limitMs = options.timeoutMs ?? this.#options.dialTimeoutMs;
    const picked = this.#line.wait({ requestId, announcedAtMs: undefined }, { limitMs, signal: options.signal });
    this.pump();
    try {
      return await picked;
    } finally {
      if (this.#announced.delete(requestId)) this.pump();
    }
  }

  /** Announces as many queued dials as may be unanswered at once. */
  pump(): void {
    for (const place of this.#line) {
      const { ticket } = place;
      if (ticket.announcedAtMs !== undefined) continue;
      if (this.#announced.size >= this.#options.maxUnansweredCount || !this.#options.canAnnounce()) return;
      ticket.announcedAtMs = Date.now();
      this.#announced.set(ticket.requestId, place);
      this.#options.announce(ticket.requestId);
    }
  }

  /** Is this dial waiting to be picked up? */
  isAnnounced(requestId: string): boolean {
    return this.#announced.has(requestId);
  }

  /** Gives `stream` to the dial it was made for. `false`: that dial no longer waits. */
  pickUp(requestId: string, stream: Duplex): boolean {
    const dial = this.#take(requestId);
    dial?.serve(stream);
    return dial !== undefined;
  }

  /** Fails exactly this dial; unknown ids are ignored. */
  fail(requestId: string, error: RevDialError): boolean {
    const dial = this.#take(requestId);
    dial?.refuse(error);
    return dial !== undefined;
  }

  failAll(error: RevDialError): void {
    this.#line.refuseAll(error);
  }

  /** Makes room for the next dial to be announced. */
  #take(requestId: string): Place<PendingDial, Duplex> | undefined {
    const dial = this.#announced.get(requestId);
    if (dial !== undefined && this.#announced.delete(requestId))
      queueMicrotask(() => {
        this.pump();
      });
    return dial;
  }
}
