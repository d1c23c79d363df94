import type { DialBackTransport } from './dial-back-transport.js';
import type { MultiplexedTransport } from './multiplexed-transport.js';

/** `resuming`: the link stands, its connection is gone and is being replaced; streams wait. */
export type RunnerTunnelState = 'idle' | 'connecting' | 'connected' | 'resuming' | 'waiting' | 'refused' | 'stopped';

/** `refused`: the API does not accept this runner, and waiting did not help. */
export type RunnerTunnelEnd = { readonly reason: 'stopped' } | { readonly reason: 'refused'; readonly status: number };

/** How one runner fares, whatever carries it. */
export interface RunnerTunnelStatus {
  readonly runnerId: string;
  readonly state: RunnerTunnelState;
  /** The transport of the link that stands. */
  readonly transport: DialBackTransport | MultiplexedTransport | undefined;
  readonly openStreamCount: number;
}
