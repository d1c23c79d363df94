import { onAbort } from '@helix/pacing';
import { OutageBackoff, sleep } from '../connect/reconnect-plan.js';
import { DRAIN_MAX_MS, MOVE_SPREAD_MAX_MS, RETIRING_LINKS_COUNT } from '../limits.js';
import type { RunnerTimings } from '../limits.js';
import type { RunnerLogger } from '../tunnel-status.js';
import type { ResumingLink } from './resuming-link.js';

/**
 * Moves from a link that the API asks to leave to a new one, and lets the old one finish its streams in the time that the
 * API gave. The old link serves until the new one stands, however long that takes.
 */
export class LinkMove {
  /** The move under way, if one is. Never rejects. */
  settled: Promise<void> = Promise.resolve();
  readonly #timings: RunnerTimings;
  readonly #logger: RunnerLogger;
  readonly #open: () => Promise<ResumingLink>;
  readonly #retiring = new Set<ResumingLink>();
  readonly #stop = new AbortController();
  #isMoving = false;

  constructor(timings: RunnerTimings, logger: RunnerLogger, open: () => Promise<ResumingLink>) {
    this.#timings = timings;
    this.#logger = logger;
    this.#open = open;
  }

  get isMoving(): boolean {
    return this.#isMoving;
  }

  begin(link: ResumingLink, withinMs: number, onMoved: (next: ResumingLink) => void): void {
    if (this.#isMoving) return;
    this.#isMoving = true;
    this.settled = this.#move(link, Math.min(withinMs, DRAIN_MAX_MS), onMoved).finally(() => {
      this.#isMoving = false;
    });
  }

  /** Says goodbye to all that are finishing. */
  async close(): Promise<void> {
    this.#stop.abort();
    await Promise.all([...this.#retiring].map((link) => link.close()));
  }

  destroy(): void {
    this.#stop.abort();
    for (const link of this.#retiring) link.destroy('shutdown');
  }

  async #move(link: ResumingLink, withinMs: number, onMoved: (next: ResumingLink) => void): Promise<void> {
    const gone = new AbortController();
    const onGone = (): void => {
      gone.abort();
    };
    void link.closed.then(onGone);
    const stopListening = onAbort(this.#stop.signal, onGone);
    const endsAtMs = performance.now() + withinMs;
    const backoff = new OutageBackoff(this.#timings);
    this.#logger.info({ withinMs }, 'the API asks to move');
    let waitMs = Math.random() * Math.min(withinMs / 4, MOVE_SPREAD_MAX_MS);
    while (await sleep(waitMs, gone.signal)) {
      try {
        const next = await this.#open();
        this.#retire(link, Math.max(0, endsAtMs - performance.now()));
        onMoved(next);
        break;
      } catch (error) {
        waitMs = backoff.nextMs(performance.now());
        const problem = error instanceof Error ? error.message : 'unknown';
        this.#logger.info({ problem, retryInMs: waitMs }, 'not moved');
      }
    }
    stopListening();
  }

  #retire(link: ResumingLink, withinMs: number): void {
    this.#retiring.add(link);
    const timer = setTimeout(() => {
      link.destroy('done');
    }, withinMs);
    void link.closed.then(() => {
      clearTimeout(timer);
      this.#retiring.delete(link);
    });
    for (const eldest of this.#retiring) {
      if (this.#retiring.size <= RETIRING_LINKS_COUNT) break;
      this.#retiring.delete(eldest);
      eldest.destroy('done');
    }
  }
}
