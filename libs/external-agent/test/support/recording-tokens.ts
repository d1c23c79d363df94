import type { SessionId, SessionTokenIssuer } from '../../src/index.js';

/** Tokens as the API keeps them, in memory: what is live at the end is what would leak. */
export class RecordingTokens implements SessionTokenIssuer {
  readonly #live = new Map<string, SessionId>();
  issuedCount = 0;

  issue(sessionId: SessionId): Promise<string> {
    this.issuedCount += 1;
    const token = `hls-test-${String(this.issuedCount)}`;
    this.#live.set(token, sessionId);
    return Promise.resolve(token);
  }

  revokeAll(sessionId: SessionId): Promise<void> {
    for (const [token, owner] of this.#live) if (owner === sessionId) this.#live.delete(token);
    return Promise.resolve();
  }

  liveOf(sessionId: SessionId): readonly string[] {
    return [...this.#live].filter(([, owner]) => owner === sessionId).map(([token]) => token);
  }
}
