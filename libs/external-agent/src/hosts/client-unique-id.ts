import type { SessionId } from '../session/session-id.js';

/**
 * Is this `client_unique_id` that of a viewer of the session's desktop? It is `helix-agent-<session>`, alone or followed by a
 * dash and the tab's ids (wolf-api §4.4). A bare prefix would let one session's viewer pass for another's.
 */
export function isViewerOf(sessionId: SessionId, clientUniqueId: string): boolean {
  const name = `helix-agent-${sessionId}`;
  return clientUniqueId === name || clientUniqueId.startsWith(`${name}-`);
}

/**
 * What a viewer is called on their host: Moonlight's identity, and what the join into the lobby goes by (moonlight-web §2). Stable
 * for a viewer, so that the host need not pair again.
 */
export function clientUniqueIdOf(sessionId: SessionId, viewerId: string): string {
  return `helix-agent-${sessionId}-${viewerId}`;
}
