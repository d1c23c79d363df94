/** What carries a link of generation 3: an upgraded socket, or a WebSocket. */
export type MultiplexedTransport = 'mux' | 'mux-websocket';

/** What carries the control connection of generations 1 and 2. */
export type DialBackTransport = 'hijack' | 'websocket';

/** `resuming`: the link stands, its connection is gone and is being replaced; streams wait. */
export type RunnerTunnelState = 'idle' | 'connecting' | 'connected' | 'resuming' | 'waiting' | 'refused' | 'stopped';

/** `refused`: the API does not accept this runner, and waiting did not help. */
export type RunnerTunnelEnd = { readonly reason: 'stopped' } | { readonly reason: 'refused'; readonly status: number };

/** The state of one runner, over any transport. */
export interface RunnerTunnelStatus {
  readonly runnerId: string;
  readonly state: RunnerTunnelState;
  /** The transport of the link that stands. */
  readonly transport: DialBackTransport | MultiplexedTransport | undefined;
  readonly openStreamCount: number;
}

type Log = (fields: Readonly<Record<string, unknown>>, message: string) => void;

/** Where the runner's end tells what it does. A pino logger is one. Nothing secret is ever passed to it. */
export interface RunnerLogger {
  readonly debug: Log;
  readonly info: Log;
  readonly warn: Log;
  readonly error: Log;
}
