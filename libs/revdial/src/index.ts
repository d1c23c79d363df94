/**
 * A runner (a GPU host, a desktop container) sits behind NAT and cannot be connected to. So it connects out and holds the
 * line, and from then on its local service can be reached from here, one byte stream at a time.
 *
 *   caller ── HTTP ──▶ RunnerHttpPool ── dial ──▶ ConnectionManager ── openStream ──▶ RunnerLink
 *                                                        ▲ register                      │ control line
 *   runner ── control connection, data connections ──▶ RevDialGateway                    ▼
 *      └──▶ local service (Unix socket or TCP port)                        "conn-ready": please dial back
 *
 * That is how generations 1 and 2 of the wire do it. In generation 3 the link is one connection for all runners of an agent, which
 * carries the streams themselves (`Multiplexer`) and is resumed when it breaks (`ResumableLink`).
 *
 * The gateway turns control connections into links; the manager knows which runner has which link, and lets dials wait
 * while one is lost for a moment; the pool speaks HTTP over dials. `docs/protocol.md` tells what is on the wire. `RunnerTunnel`
 * is the other end, for agents.
 */
export { RevDialError, REVDIAL_ERROR_CODES, isRevDialError } from './revdial-error.js';
export type { RevDialErrorCode } from './revdial-error.js';
export { callGuarded, onDefect, reportDefect } from './defect.js';
export type { Defect } from './defect.js';
export { parseTraceTopics, startWireTrace, TRACE_TOPICS } from './wire-trace.js';
export type { TraceTopic } from './wire-trace.js';
export type { DialDiagnostics, LinkDiagnostics } from './diagnostics.js';
export { parseRunnerId, runnerIdOf, RUNNER_KINDS } from './runner-id.js';
export type { RunnerId, RunnerKind, RunnerName } from './runner-id.js';
export { LINK_TRANSPORTS } from './runner-link.js';
export type { LinkEnd, LinkEndReason, LinkStats, LinkTransport, OpenStreamOptions, RunnerLink } from './runner-link.js';
export { RunnerDialer } from './runner-dialer.js';
export type { RevDialLogger } from './revdial-logger.js';
export { RevDialCounters } from './revdial-counters.js';
export { ConnectionManager } from './connections/connection-manager.js';
export type { ConnectionManagerOptions } from './connections/connection-manager.js';
export { hasLink, RUNNER_STATES, RunnerPresence } from './connections/runner-presence.js';
export type {
  AwaitedRunner,
  ConnectedRunner,
  ConnectionEvent,
  ConnectionTotals,
  ResumingRunner,
  RunnerStatus,
} from './connections/runner-presence.js';
export { RUNNERS_MAX_COUNT } from './limits.js';
export type { RequestEnd, RequestStart } from './http/request-diagnostics.js';
export { RunnerHttpPool } from './http/runner-http-pool.js';
export type { ObservableDialer } from './http/runner-http-pool.js';
export type { RunnerHttpPoolOptions } from './http/runner-http-pool.js';
export { ForeignJsonError } from './json/json-outline.js';
export type { JsonFault, JsonLimits } from './json/json-outline.js';
export { parseForeignJson, parseLongForeignJson, SMALL_JSON, splitForeignJson } from './json/foreign-json.js';
export { collectBounded, readBounded } from './http/collect-bounded.js';
export { NO_PAGE_HEADERS } from './http/no-page-headers.js';
export type { RunnerHttp, RunnerHttpRequest, RunnerHttpResponse } from './http/runner-http.js';
export { accessTokenOf } from './gateway/access-token.js';
export type { AccessToken } from './gateway/access-token.js';
export { RevDialGateway } from './gateway/revdial-gateway.js';
export type { MultiplexedTotals } from './gateway/multiplexed-totals.js';
export type { OtherMachine } from './gateway/machine-claims.js';
export type { RevDialGatewayOptions } from './gateway/revdial-gateway-options.js';
export { answerSocket } from './gateway/refusal.js';
export { isTunnelRequest } from './gateway/tunnel-request.js';
export { WaitingSocket } from './gateway/waiting-socket.js';
export { attachRevDialGateway } from './gateway/attach-revdial-gateway.js';
export type { RunnerAuthorizer, RunnerPermission, RunnerPrincipal } from './gateway/runner-authorizer.js';
export { RunnerTunnel } from './runner/older-generations/runner-tunnel.js';
export type { RunnerTunnelOptions } from './runner/older-generations/runner-tunnel.js';
export type { RunnerTunnelEnd, RunnerTunnelState, RunnerTunnelStatus } from './runner/tunnel-status.js';
export { askForGeneration3, askToResumeNothing } from './runner/link/ask-for-generation-3.js';
export { checkRunnerToken } from './runner/agent/check-runner-token.js';
export { checkTransport } from './runner/agent/check-transport.js';
export type { CheckedTransport } from './runner/agent/check-transport.js';
export { AgentTunnels } from './runner/agent/agent-tunnels.js';
export type { AgentTransportMode, AgentTunnelsOptions } from './runner/agent/agent-tunnels.js';
export type { TunnelTarget } from './runner/streams/stream-acceptor.js';
export type { MultiplexedTransport } from './runner/tunnel-status.js';
export type { DialBackTransport } from './runner/tunnel-status.js';
export { SocketConnector } from './runner/connect/socket-connector.js';
export type { SocketConnectorOptions } from './runner/connect/socket-connector.js';
export { chooseProxy } from './runner/connect/proxy-settings.js';
export type { ProxyAddress, ProxyChoice } from './runner/connect/proxy-settings.js';
export { describeServer, parseServerAddress } from './runner/connect/server-address.js';
export type { ServerAddress } from './runner/connect/server-address.js';
export { describeLocalAddress, dialLocal, parseLocalAddress } from './runner/streams/local-address.js';
export type { LocalAddress } from './runner/streams/local-address.js';
export { firstToken, fixedToken, isToken, tokenFile } from './runner/connect/token-source.js';
export type { TokenSource } from './runner/connect/token-source.js';
export type { RunnerLogger } from './runner/tunnel-status.js';
export { RUNNER_TIMINGS } from './runner/limits.js';
export type { RunnerTimings } from './runner/limits.js';
export { CONNECT_ERROR_CODES, ConnectError, isConnectError } from './runner/connect/connect-error.js';
export type { ConnectErrorCode } from './runner/connect/connect-error.js';
export type { BytePipe, PipeEnd, PipeReceiver, PipeCloseCode } from './carrier/byte-pipe.js';
export { PIPE_CLOSE_CODES } from './carrier/byte-pipe.js';
export { Multiplexer } from './mux/multiplexer.js';
export type { MultiplexerOptions, MultiplexerStats, MuxLimits } from './mux/multiplexer-options.js';
export type { MuxStream } from './mux/mux-stream.js';
export { MuxStreamError, RESET_CODES } from './mux/reset-code.js';
export type { ResetCode } from './mux/reset-code.js';
export type { StreamClass } from './tunnel-stream.js';
export type { MuxRole } from './mux/stream-table.js';
