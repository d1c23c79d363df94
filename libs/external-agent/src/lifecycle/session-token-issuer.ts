import type { SessionId } from '../session/session-id.js';

/** Makes and revokes the tokens with which a desktop opens its own link and nothing else. The API's auth implements it. */
export interface SessionTokenIssuer {
  /** A new token for this session's desktop; shown once, stored hashed. */
  issue(sessionId: SessionId, ownerId: string): Promise<string>;
  /** Revokes every token of the session; none is a success. */
  revokeAll(sessionId: SessionId): Promise<void>;
}
