import { LIMITS } from '../limits.js';

/** What was told last, so that it is told again only when it is another, or was told long ago. */
export class Told {
  #text: string | undefined;
  #atMs = -Infinity;

  /** Rejects with what `tell` rejects with; then nothing was told. */
  async tell(fact: unknown, tell: () => Promise<unknown>): Promise<void> {
    const text = JSON.stringify(fact);
    if (text === this.#text && performance.now() - this.#atMs < LIMITS.probeTellAgainMs) return;
    await tell();
    this.#text = text;
    this.#atMs = performance.now();
  }

  /** The next is told, whatever it is. */
  forget(): void {
    this.#text = undefined;
  }
}
