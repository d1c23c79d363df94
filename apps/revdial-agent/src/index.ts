/**
 * Problem: a GPU host, or a desktop on it, sits behind NAT, and the API has to reach services on it. Idea: a small daemon
 * calls out, holds one link for all services of a token, and connects each stream that the API opens on it to its service.
 *
 *   API ◀── one link, upgraded socket or WebSocket ── agent ──▶ Wolf's Unix socket, Moonlight Web, a screenshot server
 *
 * The tunnel itself is `AgentTunnels` of @helix/revdial; here are the command line, the environment, the process with its
 * signals and exit codes, and the health port. `docs/agent.md` is for those who run it.
 */
export { runAgent } from './run-agent.js';
export type { AgentExitCode } from './run-agent.js';
export { readAgentInvocation } from './settings/agent-settings.js';
export type { AgentInvocation, AgentSettings, LogLevel } from './settings/agent-settings.js';
