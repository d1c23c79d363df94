import { SingleFlight } from '@helix/external-agent';
import { LRUCache } from 'lru-cache';
import { API_LIMITS } from '../limits.js';

/** One question to many hosts: who asks at the same time shares the answer, and who asks shortly after gets it again. */
export class SharedAnswers<T> {
  readonly #ask: (wolfInstanceId: string, signal: AbortSignal) => Promise<T>;
  readonly #kept: LRUCache<string, { readonly answer: T }>;
  readonly #flights = new SingleFlight<string, T>();
  /** Rises when something was changed: what was asked before must not be taken for what is. */
  #epoch = 0;

  constructor(freshMs: number, ask: (wolfInstanceId: string, signal: AbortSignal) => Promise<T>) {
    this.#ask = ask;
    this.#kept = new LRUCache({ max: API_LIMITS.wolfAnswersRemembered, ttl: freshMs });
  }

  /** @throws what the question throws; the signal's reason when this caller leaves */
  async get(wolfInstanceId: string, signal: AbortSignal): Promise<T> {
    const kept = this.#kept.get(wolfInstanceId);
    if (kept !== undefined) return kept.answer;
    const epoch = this.#epoch;
    return await this.#flights.run(`${String(epoch)} ${wolfInstanceId}`, signal, async (shared) => {
      const answer = await this.#ask(wolfInstanceId, shared);
      if (epoch === this.#epoch) this.#kept.set(wolfInstanceId, { answer });
      return answer;
    });
  }

  /** Something was changed on this host. */
  forget(wolfInstanceId: string): void {
    this.#epoch += 1;
    this.#kept.delete(wolfInstanceId);
  }
}
