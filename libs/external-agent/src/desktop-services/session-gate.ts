import { ExternalAgentError } from '../external-agent-error.js';
import type { SessionId } from '../session/session-id.js';

/** How many of one kind of work may be under way at once, for one session and on this replica. */
export class SessionGate {
  readonly #what: string;
  readonly #maxPerSession: number;
  readonly #maxCount: number;
  readonly #counts = new Map<SessionId, number>();
  #count = 0;

  /** `what`, in the plural, stands in the message. */
  constructor(what: string, maxPerSession: number, maxCount: number) {
    this.#what = what;
    this.#maxPerSession = maxPerSession;
    this.#maxCount = maxCount;
  }

  get count(): number {
    return this.#count;
  }

  /**
   * Takes a place; the function returned gives it back, once however often it is called.
   * @throws ExternalAgentError BUSY
   */
  enter(sessionId: SessionId): () => void {
    const ofSession = this.#counts.get(sessionId) ?? 0;
    if (ofSession >= this.#maxPerSession) {
      throw new ExternalAgentError('BUSY', `this session has as many ${this.#what} under way as it may`);
    }
    if (this.#count >= this.#maxCount) {
      throw new ExternalAgentError('BUSY', `too many ${this.#what} are under way; try again shortly`);
    }
    this.#counts.set(sessionId, ofSession + 1);
    this.#count += 1;
    let isInside = true;
    return () => {
      if (!isInside) return;
      isInside = false;
      this.#count -= 1;
      const left = (this.#counts.get(sessionId) ?? 1) - 1;
      if (left === 0) this.#counts.delete(sessionId);
      else this.#counts.set(sessionId, left);
    };
  }
}
