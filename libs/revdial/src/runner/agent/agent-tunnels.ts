import { verifyLimits } from '../../verify-limits.js';
import type { SocketConnector } from '../connect/socket-connector.js';
import type { TokenSource } from '../connect/token-source.js';
import { RUNNERS_PER_LINK_COUNT } from '../limits.js';
import type { RunnerTimings } from '../limits.js';
import { MultiplexedTunnel } from '../link/multiplexed-tunnel.js';
import type { MultiplexedTunnelEnd } from '../link/multiplexed-tunnel.js';
import { RunnerTunnel } from '../older-generations/runner-tunnel.js';
import type { TunnelTarget } from '../streams/stream-acceptor.js';
import type {
  DialBackTransport,
  RunnerTunnelEnd,
  RunnerTunnelStatus,
  MultiplexedTransport,
  RunnerLogger,
} from '../tunnel-status.js';

/** `auto`: generation 3, over whichever carrier the path lets through. The others insist. */
export type AgentTransportMode = 'auto' | MultiplexedTransport | DialBackTransport;

export interface AgentTunnelsOptions {
  readonly connector: SocketConnector;
  /** All of one token. */
  readonly targets: readonly TunnelTarget[];
  readonly token: TokenSource;
  readonly transport?: AgentTransportMode;
  /** How long a refusal (401, 403) is doubted before it is final; never, when it is left out. */
  readonly refusedAfterMs?: number | undefined;
  readonly timings?: Partial<RunnerTimings>;
  /** This process's, unless a test plays several machines. */
  readonly machineId?: string;
  /** For lines about links that several runners share. */
  readonly logger: RunnerLogger;
}

interface Holder {
  close(graceMs: number): Promise<void>;
  destroy(): void;
}

/**
 * All tunnels of one token: together on one link of generation 3, or each on its own link of an older one where that was asked
 * for. Runners of which the API refuses one are held each alone.
 */
export class AgentTunnels {
  /** Settles after `close` or `destroy`, or when every tunnel was refused for good. Never rejects. */
  readonly closed: Promise<RunnerTunnelEnd>;
  readonly #options: AgentTunnelsOptions;
  readonly #statuses = new Map<string, RunnerTunnelStatus>();
  readonly #holders = new Set<Holder>();
  #isStopping = false;
  #settleClosed: (end: RunnerTunnelEnd) => void = () => undefined;

  /** @throws RangeError when timings contradict each other */
  constructor(options: AgentTunnelsOptions) {
    verifyLimits(options.timings);
    this.#options = options;
    for (const { runnerId } of options.targets)
      this.#statuses.set(runnerId, { runnerId, state: 'idle', transport: undefined, openStreamCount: 0 });
    this.closed = new Promise((resolve) => {
      this.#settleClosed = resolve;
    });
  }

  /** One for each target, in their order. */
  get statuses(): readonly RunnerTunnelStatus[] {
    return [...this.#statuses.values()];
  }

  /** Begins to connect. Once. */
  start(): void {
    const { targets, transport = 'auto' } = this.#options;
    const ends: Promise<RunnerTunnelEnd>[] = [];
    if (transport === 'hijack' || transport === 'websocket') {
      for (const target of targets) ends.push(this.#holdOlder(target, transport));
    } else {
      for (let at = 0; at < targets.length; at += RUNNERS_PER_LINK_COUNT)
        ends.push(this.#holdTogether(targets.slice(at, at + RUNNERS_PER_LINK_COUNT), transport));
    }
    void Promise.all(ends).then((all) => {
      this.#settleClosed(combineTunnelEnds(all));
    });
  }

  /** Takes no more streams, lets those that stand finish for at most `graceMs`, closes the links. Idempotent. */
  async close(graceMs: number): Promise<void> {
    this.#isStopping = true;
    await Promise.all([...this.#holders].map((holder) => holder.close(graceMs)));
    this.#settleClosed({ reason: 'stopped' });
  }

  /** Cuts everything now. Idempotent. */
  destroy(): void {
    this.#isStopping = true;
    for (const holder of this.#holders) holder.destroy();
    this.#settleClosed({ reason: 'stopped' });
  }

  async #holdTogether(
    targets: readonly TunnelTarget[],
    transport: 'auto' | MultiplexedTransport,
  ): Promise<RunnerTunnelEnd> {
    const tunnel = new MultiplexedTunnel({ ...this.#options, targets, transport });
    const end = await this.#hold(tunnel, tunnel.statuses);
    if (end.reason !== 'divided') return end;
    if (this.#isStopping) return { reason: 'stopped' };
    return combineTunnelEnds(await Promise.all(targets.map((target) => this.#holdTogether([target], transport))));
  }

  async #holdOlder(target: TunnelTarget, transport: DialBackTransport): Promise<RunnerTunnelEnd> {
    const tunnel = new RunnerTunnel({ ...this.#options, ...target, transport });
    return this.#hold(tunnel, [tunnel]);
  }

  async #hold<End extends MultiplexedTunnelEnd>(
    tunnel: Holder & { readonly closed: Promise<End>; start(): void },
    statuses: readonly RunnerTunnelStatus[],
  ): Promise<End> {
    this.#holders.add(tunnel);
    for (const status of statuses) this.#statuses.set(status.runnerId, status);
    tunnel.start();
    const end = await tunnel.closed;
    // Its states stay, until another takes its runners over.
    this.#holders.delete(tunnel);
    return end;
  }
}

/** How several tunnels have ended: refused if every one of them was. */
function combineTunnelEnds(ends: readonly RunnerTunnelEnd[]): RunnerTunnelEnd {
  const [first = { reason: 'stopped' }] = ends;
  return ends.every(({ reason }) => reason === 'refused') ? first : { reason: 'stopped' };
}
