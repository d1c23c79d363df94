import type { SessionId } from '../../session/session-id.js';

/**
 * What a viewer is called on his host: Moonlight's identity, and what the join into the lobby goes by (moonlight-web §2). Stable
 * for a viewer, so that the host need not pair with him anew.
 */
export function clientUniqueIdOf(sessionId: SessionId, viewerId: string): string {
  return `helix-agent-${sessionId}-${viewerId}`;
}
