/** A viewer's unique id is `helix-agent-<session>`, alone or followed by a dash and the tab's ids (wolf-api §4.4). */
export function isViewerOf(sessionId: string, clientUniqueId: string): boolean {
  const name = `helix-agent-${sessionId}`;
  return clientUniqueId === name || clientUniqueId.startsWith(`${name}-`);
}
