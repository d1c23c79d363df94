import { askForGeneration3 } from './ask-for-generation-3.js';
import type { DialBackTransport } from './dial-back-transport.js';
import {
  GENERATION_PROBE_AFTER_LOSS_MS,
  GENERATION_PROBE_INTERVAL_MS,
  GENERATION_PROBE_TURN_MS,
  RUNNER_TIMINGS,
} from './limits.js';
import type { RunnerTimings } from './limits.js';
import type { RunnerLogger } from './runner-logger.js';
import { RunnerTunnel } from './runner-tunnel.js';
import type { RunnerTunnelEnd, RunnerTunnelStatus } from './runner-tunnel-status.js';
import type { SocketConnector } from './socket-connector.js';
import { togetherOf } from './together-of.js';
import type { TokenSource } from './token-source.js';
import type { TunnelTarget } from './tunnel-target.js';
import { waited } from './waited.js';

export interface DialBackTunnelsOptions {
  readonly connector: SocketConnector;
  readonly targets: readonly TunnelTarget[];
  readonly token: TokenSource;
  readonly transport: 'auto' | DialBackTransport;
  readonly timings?: Partial<RunnerTimings> | undefined;
  readonly logger: RunnerLogger;
  /** Whether to leave when the API has learned generation 3, and how often to look whether to ask it. */
  readonly probes: boolean;
  readonly probeTurnMs?: number | undefined;
}

/** Streams may finish for so long when a link of generation 3 takes over. */
const CHANGE_GRACE_MS = 30_000;

const CARRIERS = ['mux', 'mux-websocket'] as const;

/**
 * Tunnels of the generations before 3, each with its own link. Now and then the API is asked whether it has learned: once a day,
 * after a loss (it may be another that came back), and all the time while nothing connects.
 */
export class DialBackTunnels {
  readonly statuses: readonly RunnerTunnelStatus[];
  /** `changed`: the API speaks generation 3 now, and streams are finishing. Never rejects. */
  readonly closed: Promise<RunnerTunnelEnd | { readonly reason: 'changed' }>;
  /** Settles when every tunnel has ended. Never rejects. */
  readonly gone: Promise<RunnerTunnelEnd>;
  readonly #options: DialBackTunnelsOptions;
  readonly #tunnels: readonly RunnerTunnel[];
  readonly #stop = new AbortController();
  #askedAtMs = performance.now();
  #linkCountWhenAsked = 0;

  /** Begins to connect. */
  constructor(options: DialBackTunnelsOptions) {
    const { connector, token, transport, timings = {} } = options;
    this.#options = options;
    this.#tunnels = options.targets.map(
      (target) => new RunnerTunnel({ ...target, connector, token, transport, timings }),
    );
    this.statuses = this.#tunnels;
    for (const tunnel of this.#tunnels) tunnel.start();
    this.gone = Promise.all(this.#tunnels.map(({ closed }) => closed)).then(togetherOf);
    this.closed = options.probes ? Promise.race([this.gone, this.#untilSpoken()]) : this.gone;
    void this.gone.then(() => {
      this.#stop.abort();
    });
  }

  async close(graceMs: number): Promise<void> {
    this.#stop.abort();
    await Promise.all(this.#tunnels.map((tunnel) => tunnel.close(graceMs)));
  }

  destroy(): void {
    this.#stop.abort();
    for (const tunnel of this.#tunnels) tunnel.destroy();
  }

  /** Resolves when the API speaks generation 3; never, when stopped before. */
  async #untilSpoken(): Promise<{ readonly reason: 'changed' }> {
    const { signal } = this.#stop;
    const turnMs = this.#options.probeTurnMs ?? GENERATION_PROBE_TURN_MS;
    while (await waited(turnMs, signal)) {
      if (!this.#isTimeToAsk() || !(await this.#asks())) continue;
      this.#options.logger.info({}, 'the API speaks generation 3 now');
      // Before the new link stands: those of the hijack do not learn that they were superseded, and would come back.
      void this.close(CHANGE_GRACE_MS);
      return { reason: 'changed' };
    }
    return new Promise(() => undefined);
  }

  #isTimeToAsk(): boolean {
    if (this.#tunnels.every(({ state }) => state !== 'connected')) return true;
    const sinceMs = performance.now() - this.#askedAtMs;
    const wasLost = this.#linkCount() > Math.max(this.#linkCountWhenAsked, this.#tunnels.length);
    return sinceMs >= (wasLost ? GENERATION_PROBE_AFTER_LOSS_MS : GENERATION_PROBE_INTERVAL_MS);
  }

  #linkCount(): number {
    return this.#tunnels.reduce((sum, { linkCount }) => sum + linkCount, 0);
  }

  async #asks(): Promise<boolean> {
    const { connector, token } = this.#options;
    const timings = { ...RUNNER_TIMINGS, ...this.#options.timings };
    this.#askedAtMs = performance.now();
    this.#linkCountWhenAsked = this.#linkCount();
    for (const transport of CARRIERS) {
      try {
        await askForGeneration3({ connector, transport, token: await token.read(), timings }, this.#stop.signal);
        return true;
      } catch {
        if (this.#stop.signal.aborted) return false;
      }
    }
    return false;
  }
}
