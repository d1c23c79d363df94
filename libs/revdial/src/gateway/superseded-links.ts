import { SUPERSEDED_LINKS_MAX_COUNT } from '../limits.js';

/**
 * The links that a newer one has taken over of late, so that an agent who comes back for one is told so: it is to be patient then,
 * and not to take its place back at once.
 */
export class SupersededLinks {
  readonly #principals = new Map<string, string>();

  add(linkId: string, principal: string): void {
    this.#principals.set(linkId, principal);
    if (this.#principals.size <= SUPERSEDED_LINKS_MAX_COUNT) return;
    for (const oldest of this.#principals.keys()) {
      this.#principals.delete(oldest);
      return;
    }
  }

  reasonOf(linkId: string, principal: string): 'superseded' | 'unknown-link' {
    return this.#principals.get(linkId) === principal ? 'superseded' : 'unknown-link';
  }
}
