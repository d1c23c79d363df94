import type { DialBackTransport } from './dial-back-transport.js';
import { DialBackTunnels } from './dial-back-tunnels.js';
import { RUNNERS_PER_LINK_COUNT } from './limits.js';
import type { RunnerTimings } from './limits.js';
import { MultiplexedTunnel } from './multiplexed-tunnel.js';
import type { MultiplexedTunnelEnd } from './multiplexed-tunnel.js';
import type { MultiplexedTransport } from './multiplexed-transport.js';
import type { RunnerLogger } from './runner-logger.js';
import type { RunnerTunnelEnd, RunnerTunnelStatus } from './runner-tunnel-status.js';
import type { SocketConnector } from './socket-connector.js';
import { togetherOf } from './together-of.js';
import type { TokenSource } from './token-source.js';
import type { TunnelTarget } from './tunnel-target.js';

/** `auto`: the newest generation that the API and the path to it know. */
export type AgentTransportMode = 'auto' | MultiplexedTransport | DialBackTransport;

export interface AgentTunnelsOptions {
  readonly connector: SocketConnector;
  /** All of one token. */
  readonly targets: readonly TunnelTarget[];
  readonly token: TokenSource;
  readonly transport?: AgentTransportMode;
  readonly timings?: Partial<RunnerTimings>;
  /** How often to look whether to ask an API without generation 3 again. */
  readonly probeTurnMs?: number;
  /** For lines about links that several runners share. */
  readonly logger: RunnerLogger;
}

interface Holder {
  readonly statuses: readonly RunnerTunnelStatus[];
  close(graceMs: number): Promise<void>;
  destroy(): void;
}

/**
 * All tunnels of one token: together on one link of generation 3 where that can be had, else each on its own link of an older
 * one, while the API is asked now and then whether it has learned. Runners of which the API refuses one are held each alone.
 */
export class AgentTunnels {
  /** Settles after `close` or `destroy`, or when every tunnel was refused for good. Never rejects. */
  readonly closed: Promise<RunnerTunnelEnd>;
  readonly #options: AgentTunnelsOptions;
  readonly #statuses = new Map<string, RunnerTunnelStatus>();
  readonly #holders = new Set<Holder>();
  #isStopping = false;
  #settleClosed: (end: RunnerTunnelEnd) => void = () => undefined;

  constructor(options: AgentTunnelsOptions) {
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
    const { targets } = this.#options;
    const groups: (readonly TunnelTarget[])[] = [];
    for (let at = 0; at < targets.length; at += RUNNERS_PER_LINK_COUNT)
      groups.push(targets.slice(at, at + RUNNERS_PER_LINK_COUNT));
    void Promise.all(groups.map((group) => this.#hold(group))).then((ends) => {
      this.#settleClosed(togetherOf(ends));
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

  async #hold(targets: readonly TunnelTarget[]): Promise<RunnerTunnelEnd> {
    const { transport = 'auto', logger } = this.#options;
    while (!this.#isStopping) {
      const end =
        transport === 'hijack' || transport === 'websocket'
          ? await this.#holdApart(targets, transport)
          : await this.#holdTogether(targets, transport);
      switch (end.reason) {
        case 'stopped':
        case 'refused':
          return end;
        case 'changed':
          break;
        case 'divided':
          return togetherOf(await Promise.all(targets.map((target) => this.#hold([target]))));
        case 'not-spoken': {
          logger.info({ problem: end.problem }, 'generation 3 is not to be had, taking an older one');
          const apart = await this.#holdApart(targets, 'auto');
          if (apart.reason !== 'changed') return apart;
          break;
        }
        default:
          return end satisfies never;
      }
    }
    return { reason: 'stopped' };
  }

  async #holdTogether(
    targets: readonly TunnelTarget[],
    transport: 'auto' | MultiplexedTransport,
  ): Promise<MultiplexedTunnelEnd> {
    const { connector, token, logger, timings = {} } = this.#options;
    const tunnel = new MultiplexedTunnel({ connector, targets, token, transport, timings, logger });
    this.#holders.add(tunnel);
    this.#show(tunnel);
    tunnel.start();
    const end = await tunnel.closed;
    // Its states stay, until another takes its runners over.
    this.#holders.delete(tunnel);
    return end;
  }

  async #holdApart(
    targets: readonly TunnelTarget[],
    transport: 'auto' | DialBackTransport,
  ): Promise<Awaited<DialBackTunnels['closed']>> {
    const { connector, token, logger, timings, probeTurnMs } = this.#options;
    const probes = transport === 'auto';
    const tunnels = new DialBackTunnels({ connector, targets, token, transport, timings, logger, probes, probeTurnMs });
    this.#holders.add(tunnels);
    this.#show(tunnels);
    const end = await tunnels.closed;
    if (end.reason === 'changed') void tunnels.gone.then(() => this.#holders.delete(tunnels));
    else this.#holders.delete(tunnels);
    return end;
  }

  #show({ statuses }: Holder): void {
    for (const status of statuses) this.#statuses.set(status.runnerId, status);
  }
}
