import { MAX_ANSWERED_SECRET_COUNT } from '../limits.js';

/**
 * Secrets of pairing requests that were answered at one Wolf. It keeps an answered request in its list, and a second answer
 * ends its API thread (wolf-api §3.6), so who answers must remember. The oldest are forgotten.
 */
export class AnsweredSecrets {
  readonly #secrets = new Set<string>();

  has(secret: string): boolean {
    return this.#secrets.has(secret);
  }

  /** False when the secret was claimed before. */
  claim(secret: string): boolean {
    if (this.#secrets.has(secret)) return false;
    this.#secrets.add(secret);
    for (const oldest of this.#secrets) {
      if (this.#secrets.size <= MAX_ANSWERED_SECRET_COUNT) break;
      this.#secrets.delete(oldest);
    }
    return true;
  }

  /** The answer is known not to have been sent. */
  giveBack(secret: string): void {
    this.#secrets.delete(secret);
  }
}
