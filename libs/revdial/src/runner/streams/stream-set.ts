import { STREAMS_PER_RUNNER_COUNT } from '../limits.js';

/** A stream between the API and a local service, of any generation. */
export interface RunnerStream {
  /** Settles when both ends are gone. Never rejects. */
  readonly closed: Promise<void>;
  /** Bytes passed on, both ways together. */
  readonly movedByteCount: number;
  /** The last bytes came from the API: an answer of the local service is due, as far as anyone can tell from outside. */
  readonly awaitsAnswer: boolean;
  /** Traffic, where the stream has a connection of its own that could be found idle. */
  ping(): void;
  /** Ends both sides after what was received has been passed on. Idempotent. */
  close(): void;
  /** Cuts both sides. Idempotent. */
  destroy(): void;
}

/** How long a stream that owes no answer has to be quiet to count as finished while draining. */
const QUIET_MS = 200;

/** The open streams of one runner. They are connections of their own and outlive the link that announced them. */
export class StreamSet {
  readonly #streams = new Set<RunnerStream>();
  readonly #pingIntervalMs: number;
  #pingTimer: NodeJS.Timeout | undefined;

  constructor(pingIntervalMs: number) {
    this.#pingIntervalMs = pingIntervalMs;
  }

  get size(): number {
    return this.#streams.size;
  }

  get isFull(): boolean {
    return this.#streams.size >= STREAMS_PER_RUNNER_COUNT;
  }

  add(stream: RunnerStream): void {
    this.#streams.add(stream);
    this.#pingTimer ??= setInterval(() => {
      for (const each of this.#streams) each.ping();
    }, this.#pingIntervalMs);
    void stream.closed.then(() => {
      this.#streams.delete(stream);
      if (this.#streams.size > 0) return;
      clearInterval(this.#pingTimer);
      this.#pingTimer = undefined;
    });
  }

  /**
   * Resolves when every stream has finished, or after `graceMs`, when the rest is cut. A stream that the API keeps for
   * later requests never ends by itself: one whose last bytes were the service's, and which then stays quiet, is closed.
   */
  async drain(graceMs: number): Promise<void> {
    const deadline = setTimeout(() => {
      this.destroy();
    }, graceMs);
    const movedBefore = new Map<RunnerStream, number>();
    const quietTimer = setInterval(() => {
      for (const stream of this.#streams) {
        if (!stream.awaitsAnswer && movedBefore.get(stream) === stream.movedByteCount) stream.close();
        movedBefore.set(stream, stream.movedByteCount);
      }
    }, QUIET_MS);
    // A pick-up that was under way may still add one.
    while (this.#streams.size > 0) await Promise.all([...this.#streams].map(({ closed }) => closed));
    clearTimeout(deadline);
    clearInterval(quietTimer);
  }

  /** Cuts all streams. */
  destroy(): void {
    for (const stream of this.#streams) stream.destroy();
  }
}
