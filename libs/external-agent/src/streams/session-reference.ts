import { isSessionId, type SessionId } from '../session/session-id.js';

/** What a viewer calls its own stream, after the session's id: a tab's UUID, and room for two of them. */
const REFERENCE = /^(?:(?:agent-)?(?<bare>ses_[0-9a-z]{26})|agent-(?<tab>ses_[0-9a-z]{26})-[A-Za-z0-9_-]{1,80})$/;

/**
 * The session that a viewer's `session_id` means: `ses_…`, `agent-ses_…`, or `agent-ses_…-<suffix>` (moonlight-web §2).
 * Everything else means none: Helix cut what it found at the next dash and took the rest for another host's (§7.1).
 */
export function sessionIdOfReference(text: string): SessionId | undefined {
  const { bare, tab } = REFERENCE.exec(text)?.groups ?? {};
  const id = bare ?? tab;
  return id !== undefined && isSessionId(id) ? id : undefined;
}
