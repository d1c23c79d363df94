import { ConnectError } from '../connect/connect-error.js';
import { ReconnectPlan, sleep } from '../connect/reconnect-plan.js';
import { describeServer } from '../connect/server-address.js';
import type { SocketConnector } from '../connect/socket-connector.js';
import type { TokenSource } from '../connect/token-source.js';
import { RUNNER_TIMINGS } from '../limits.js';
import type { RunnerTimings } from '../limits.js';
import { describeLocalAddress } from '../streams/local-address.js';
import type { LocalAddress } from '../streams/local-address.js';
import { StreamSet } from '../streams/stream-set.js';
import type {
  DialBackTransport,
  RunnerTunnelEnd,
  RunnerTunnelState,
  RunnerTunnelStatus,
  RunnerLogger,
} from '../tunnel-status.js';
import { openEstablishedLink } from './established-link.js';
import type { EstablishedLink } from './established-link.js';

export interface RunnerTunnelOptions {
  readonly connector: SocketConnector;
  /** Sent as it stands. */
  readonly runnerId: string;
  readonly local: LocalAddress;
  readonly token: TokenSource;
  /** The hijack, unless told otherwise. */
  readonly transport?: DialBackTransport;
  /** See `ReconnectPlan`. */
  readonly refusedAfterMs?: number | undefined;
  readonly timings?: Partial<RunnerTimings>;
  /** This tunnel's own; lines do not repeat the runner id. */
  readonly logger: RunnerLogger;
}

/**
 * One runner id held connected over generation 1 or 2 for as long as the process lives: connects, comes back after every loss
 * with full jitter, and carries streams to one local service.
 */
export class RunnerTunnel implements RunnerTunnelStatus {
  readonly runnerId: string;
  /** Settles after `close` or `destroy`, or when the API refuses for good. Never rejects. */
  readonly closed: Promise<RunnerTunnelEnd>;
  readonly #options: RunnerTunnelOptions;
  readonly #timings: RunnerTimings;
  readonly #streams: StreamSet;
  readonly #plan: ReconnectPlan;
  readonly #stop = new AbortController();
  #state: RunnerTunnelState = 'idle';
  #isClosing = false;
  #link: EstablishedLink | undefined;
  #settleClosed: (end: RunnerTunnelEnd) => void = () => undefined;

  constructor(options: RunnerTunnelOptions) {
    this.runnerId = options.runnerId;
    this.#options = options;
    this.#timings = { ...RUNNER_TIMINGS, ...options.timings };
    this.#streams = new StreamSet(this.#timings.streamPingIntervalMs);
    this.#plan = new ReconnectPlan(this.#timings, options.refusedAfterMs);
    this.closed = new Promise((resolve) => {
      this.#settleClosed = resolve;
    });
  }

  get state(): RunnerTunnelState {
    return this.#state;
  }

  /** The transport of the link that stands. */
  get transport(): DialBackTransport | undefined {
    return this.#link?.transport;
  }

  get openStreamCount(): number {
    return this.#streams.size;
  }

  /** Begins to connect. Once. */
  start(): void {
    if (this.#state !== 'idle') return;
    this.#state = 'connecting';
    this.#options.logger.info(
      { server: describeServer(this.#options.connector.server), local: describeLocalAddress(this.#options.local) },
      'connecting',
    );
    void this.#run();
  }

  /** Takes no more pick-ups, lets streams finish for at most `graceMs`, closes the link. Idempotent. */
  async close(graceMs: number): Promise<void> {
    this.#isClosing = true;
    this.#link?.refusePickUps();
    // A connection attempt or a wait ends now; a standing link stays until its streams are done.
    if (this.#link === undefined) this.#stop.abort(new ConnectError('ABORTED', 'stopped'));
    await this.#streams.drain(graceMs);
    this.#stop.abort(new ConnectError('ABORTED', 'stopped'));
    await this.#link?.close();
    this.#streams.destroy();
    this.#finish({ reason: 'stopped' });
  }

  /** Cuts the link and all streams now. Idempotent. */
  destroy(): void {
    this.#isClosing = true;
    this.#stop.abort(new ConnectError('ABORTED', 'stopped'));
    this.#link?.destroy();
    this.#streams.destroy();
    this.#finish({ reason: 'stopped' });
  }

  #finish(end: RunnerTunnelEnd): void {
    if (this.#state === 'stopped' || this.#state === 'refused') return;
    this.#state = end.reason;
    this.#settleClosed(end);
  }

  #isStopping(): boolean {
    return this.#isClosing || this.#stop.signal.aborted;
  }

  async #run(): Promise<void> {
    while (!this.#isStopping()) {
      this.#state = 'connecting';
      const waitMs = await this.#holdLink();
      if (waitMs === undefined || this.#isStopping()) return;
      this.#state = 'waiting';
      await sleep(waitMs, this.#stop.signal);
    }
  }

  /** Connects and stays until the link is lost. Returns how long to wait before the next try; `undefined`: no more tries. */
  async #holdLink(): Promise<number | undefined> {
    const { logger } = this.#options;
    let link: EstablishedLink;
    try {
      link = await this.#open();
    } catch (error) {
      return this.#isStopping() ? undefined : this.#afterFailure(error);
    }
    if (this.#isStopping()) {
      link.destroy();
      return undefined;
    }
    const connectedAtMs = performance.now();
    this.#link = link;
    this.#state = 'connected';
    this.#plan.connected();
    logger.info({ transport: link.transport, why: 'as configured' }, 'connected');
    const end = await link.closed;
    this.#link = undefined;
    if (this.#isStopping()) return undefined;

    const lifeMs = Math.round(performance.now() - connectedAtMs);
    const retryInMs =
      end.reason === 'superseded' ? this.#plan.afterSuperseded() : this.#plan.afterLoss(lifeMs, link.pickedUpCount);
    logger.warn({ transport: link.transport, reason: end.reason, detail: end.detail, lifeMs, retryInMs }, 'lost');
    return retryInMs;
  }

  #open(): Promise<EstablishedLink> {
    const { connector, runnerId, local, token, logger, transport = 'hijack' } = this.#options;
    return openEstablishedLink(
      transport,
      { connector, runnerId, local, token, logger, streams: this.#streams, timings: this.#timings },
      this.#stop.signal,
    );
  }

  #afterFailure(cause: unknown): number | undefined {
    const { logger } = this.#options;
    const { error, retryInMs } = this.#plan.afterFailure(cause);
    const { code, status, message: problem } = error;
    if (retryInMs === undefined) {
      logger.error({ status, problem }, 'refused for good');
      this.#finish({ reason: 'refused', status: status ?? 0 });
    } else if (code === 'REFUSED') {
      logger.warn({ status, problem, retryInMs }, 'refused');
    } else {
      logger.warn({ code, status, problem, retryInMs }, 'not connected');
    }
    return retryInMs;
  }
}
