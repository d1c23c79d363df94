import { LRUCache } from 'lru-cache';
import { LIMITS } from '../../limits.js';

/**
 * Keeps two clients that both believe to be the same viewer from taking each other's place for ever: each connection costs the
 * host a process and a pairing.
 */
export class SupersedeLimit {
  readonly #taken = new LRUCache<string, { count: number }>({
    max: LIMITS.supersedesRemembered,
    ttl: LIMITS.supersedeWindowMs,
    updateAgeOnGet: false,
  });

  /** Notes one more take-over by this viewer; false when there were too many of late. */
  take(viewerKey: string): boolean {
    const taken = this.#taken.get(viewerKey);
    if (taken === undefined) {
      this.#taken.set(viewerKey, { count: 1 });
      return true;
    }
    taken.count += 1;
    return taken.count <= LIMITS.supersedesMaxCount;
  }
}
