import { sleep } from '../connect/reconnect-plan.js';
import { MOVE_UP_MAX_MS } from '../limits.js';
import type { RunnerTimings } from '../limits.js';
import type { CarrierChooser } from './carrier-chooser.js';
import type { ResumingLink } from './resuming-link.js';

/**
 * While a WebSocket carries a link because the upgraded socket did not work: asks for that again soon after each reconnect and
 * every few minutes, and moves the link over, whose streams notice nothing but a pause. What passes the handshake and no bytes
 * makes that pause seconds long, so it is tried less and less often.
 */
export class MoveUp {
  readonly #timings: RunnerTimings;
  readonly #chooser: CarrierChooser;
  /** Moves in a row that were answered and carried nothing. */
  #emptyCount = 0;

  constructor(timings: RunnerTimings, chooser: CarrierChooser) {
    this.#timings = timings;
    this.#chooser = chooser;
  }

  /** Resolves when the link has moved or is gone. Never rejects. */
  async watch(link: ResumingLink): Promise<void> {
    const gone = new AbortController();
    void link.closed.then(() => {
      gone.abort();
    });
    let waitMs = this.#emptyCount === 0 ? this.#timings.moveUpFirstMs : this.#intervalMs;
    while (this.#chooser.mayMoveUp && (await sleep(spread(waitMs), gone.signal))) {
      const outcome = await link.moveTo('mux');
      if (outcome === 'moved') {
        this.#emptyCount = 0;
        this.#chooser.movedUp();
        return;
      }
      if (outcome === 'empty') this.#emptyCount += 1;
      waitMs = this.#intervalMs;
    }
  }

  get #intervalMs(): number {
    return Math.min(this.#timings.moveUpEveryMs * 2 ** this.#emptyCount, MOVE_UP_MAX_MS);
  }
}

/** Agents that came back together do not ask together. */
function spread(waitMs: number): number {
  return waitMs * (0.75 + Math.random() / 2);
}
