import { LRUCache } from 'lru-cache';
import { LIMITS } from '../limits.js';

/**
 * Wolfs that choked on the question for their GPU (wolf-api §2.3, §3.7): they end the connection without a word, and the tenth
 * time their API is gone for good; of older ones the first time, and that looks like a Wolf that went down by itself. So one that
 * lives on is never asked again, and one that does not is asked a few times more, with long rests. Remembered beyond links and
 * beyond Wolf's restarts, which change nothing of the card.
 */
export class ChokedWolfs {
  readonly #known = new LRUCache<string, { readonly suspicions: number; readonly atMs: number }>({
    max: LIMITS.gpuChokedRemembered,
  });

  mayAsk(wolfInstanceId: string, nowMs = performance.now()): boolean {
    const known = this.#known.get(wolfInstanceId);
    return (
      known === undefined ||
      (known.suspicions < LIMITS.gpuSuspicionsMax && nowMs - known.atMs >= LIMITS.gpuSuspectRestMs)
    );
  }

  noteChoked(wolfInstanceId: string): void {
    this.#known.set(wolfInstanceId, { suspicions: LIMITS.gpuSuspicionsMax, atMs: 0 });
  }

  noteSuspicion(wolfInstanceId: string, nowMs = performance.now()): void {
    const suspicions = (this.#known.get(wolfInstanceId)?.suspicions ?? 0) + 1;
    this.#known.set(wolfInstanceId, { suspicions, atMs: nowMs });
  }

  /** It answered. */
  forget(wolfInstanceId: string): void {
    this.#known.delete(wolfInstanceId);
  }
}
