/**
 * What Helix's clients may ask for and this API does not serve. They are told so in JSON with 404, which each of them survives;
 * a route that comes to be served moves from here to the table of its group.
 */
export const NOT_SERVED: Readonly<Record<string, string>> = {
  'POST /api/v1/sessions/chat': '§2.2',
  'GET /api/v1/sessions/{id}/rdp-connection': '§2.2',
  'GET /api/v1/sessions/{id}/zed-config': '§2.2',
  'GET /api/v1/sessions/{id}/screenshot': '§3.1: the screenshot_url of Helix, which does not exist there either',
  'GET /api/v1/projects/{id}/exploratory-session': '§2.2',
  'GET /api/v1/spec-tasks/{id}/external-agent/status': '§2.2',
  'GET /api/v1/agents/fleet/live-progress': '§2.2',
  'POST /api/v1/external-agents/{id}/command': '§3.2',
  'GET /api/v1/external-agents/{id}/file': '§3.6',
  'GET /api/v1/external-agents/{id}/workspaces': '§3.6',
  'GET /api/v1/bandwidth-probe': '§3.6',
  'GET /debug/pprof/': '§1.6',
};
