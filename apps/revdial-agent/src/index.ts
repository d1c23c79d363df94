/**
 * Problem: a GPU host, or a desktop on it, sits behind NAT, and the API has to reach services on it. Idea: a small daemon
 * calls out once for each service, holds the line, and for every stream that the API asks for connects the service to a
 * data connection that it opens itself.
 *
 *   API ◀── control link ── agent            one for each runner id, hijacked socket or WebSocket
 *   API ◀── data WebSocket ── agent ──▶ Wolf's Unix socket, Moonlight Web, a screenshot server
 *
 * The tunnel itself is `RunnerTunnel` of @helix/revdial; here are the command line, the environment, the process with its
 * signals and exit codes, and the health port. `docs/agent.md` is for whoever runs it.
 */
export { runAgent } from './run-agent.js';
export type { AgentExitCode } from './run-agent.js';
export { readAgentInvocation } from './settings/agent-settings.js';
export type { AgentInvocation, AgentSettings, LogLevel } from './settings/agent-settings.js';
