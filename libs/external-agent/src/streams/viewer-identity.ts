import type { SessionId } from '../session/session-id.js';

/**
 * Is this `client_unique_id` that of a viewer of the session's desktop? It is `helix-agent-<session>`, alone or followed by a
 * dash and the tab's ids (wolf-api §4.4). A bare prefix would let one session's viewer pass for another's.
 */
export function isViewerOf(sessionId: SessionId, clientUniqueId: string): boolean {
  const name = `helix-agent-${sessionId}`;
  return clientUniqueId === name || clientUniqueId.startsWith(`${name}-`);
}
