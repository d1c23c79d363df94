import type { StreamSet } from '../streams/stream-set.js';
import type { RunnerTunnelState, RunnerTunnelStatus } from '../tunnel-status.js';

/** The state of one of several runners that share a link. */
export class SharedLinkStatus implements RunnerTunnelStatus {
  readonly runnerId: string;
  readonly #link: Pick<RunnerTunnelStatus, 'state' | 'transport'>;
  readonly #streams: StreamSet;

  constructor(runnerId: string, link: Pick<RunnerTunnelStatus, 'state' | 'transport'>, streams: StreamSet) {
    this.runnerId = runnerId;
    this.#link = link;
    this.#streams = streams;
  }

  get state(): RunnerTunnelState {
    return this.#link.state;
  }

  get transport(): RunnerTunnelStatus['transport'] {
    return this.#link.transport;
  }

  get openStreamCount(): number {
    return this.#streams.size;
  }
}
