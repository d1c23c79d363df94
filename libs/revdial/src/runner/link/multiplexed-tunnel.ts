import type { PipeEnd } from '../../carrier/byte-pipe.js';
import { ConnectError } from '../connect/connect-error.js';
import { ReconnectPlan, sleep } from '../connect/reconnect-plan.js';
import { describeServer } from '../connect/server-address.js';
import type { SocketConnector } from '../connect/socket-connector.js';
import type { TokenSource } from '../connect/token-source.js';
import { RUNNER_TIMINGS } from '../limits.js';
import type { RunnerTimings } from '../limits.js';
import { describeLocalAddress } from '../streams/local-address.js';
import { StreamAcceptor } from '../streams/stream-acceptor.js';
import type { TunnelTarget } from '../streams/stream-acceptor.js';
import { StreamSet } from '../streams/stream-set.js';
import type {
  MultiplexedTransport,
  RunnerTunnelEnd,
  RunnerTunnelState,
  RunnerTunnelStatus,
  RunnerLogger,
} from '../tunnel-status.js';
import { askForGeneration3 } from './ask-for-generation-3.js';
import { CarrierChooser } from './carrier-chooser.js';
import type { MultiplexedMode } from './carrier-chooser.js';
import { LinkMove } from './link-move.js';
import { MoveUp } from './move-up.js';
import { MACHINE_ID } from './open-multiplexed-carrier.js';
import { ResumingLink } from './resuming-link.js';
import { SharedLinkStatus } from './shared-link-status.js';

export interface MultiplexedTunnelOptions {
  readonly connector: SocketConnector;
  /** All of one token; their ids are sent as they stand. */
  readonly targets: readonly TunnelTarget[];
  readonly token: TokenSource;
  readonly transport?: MultiplexedMode;
  /** See `ReconnectPlan`. */
  readonly refusedAfterMs?: number | undefined;
  readonly machineId?: string;
  readonly timings?: Partial<RunnerTimings>;
  /** For lines about the link, which is all the targets'. */
  readonly logger: RunnerLogger;
}

export type MultiplexedTunnelEnd =
  | RunnerTunnelEnd
  /** The API refuses all of them because of one. */
  | { readonly reason: 'divided' };

/** What to do where generation 3 is not spoken; what was seen stands beside it. */
const OLDER_API_CURE =
  'an API of before generation 3 needs --transport hijack or --transport websocket; else look at what answers at this address';

/** All runner ids of one token, held connected over one link of generation 3 for as long as the process lives. */
export class MultiplexedTunnel {
  /** One for each target. */
  readonly statuses: readonly RunnerTunnelStatus[];
  /** Settles after `close` or `destroy`, or when there is nothing more to try. Never rejects. */
  readonly closed: Promise<MultiplexedTunnelEnd>;
  readonly #options: MultiplexedTunnelOptions;
  readonly #timings: RunnerTimings;
  readonly #streams: readonly StreamSet[];
  readonly #acceptor: StreamAcceptor;
  readonly #plan: ReconnectPlan;
  readonly #chooser: CarrierChooser;
  readonly #move: LinkMove;
  readonly #moveUp: MoveUp;
  readonly #stop = new AbortController();
  #phase: RunnerTunnelState = 'idle';
  #isClosing = false;
  #link: ResumingLink | undefined;
  #onMoved: () => void = () => undefined;
  /** Moves that were asked for before the link was taken. */
  readonly #asked = new WeakMap<ResumingLink, number>();
  /** Stands already, and has not been taken yet. */
  #successor: ResumingLink | undefined;
  /** Told once, until something connects. */
  #isNotSpokenTold = false;
  #settleClosed: (end: MultiplexedTunnelEnd) => void = () => undefined;

  constructor(options: MultiplexedTunnelOptions) {
    this.#options = options;
    this.#timings = { ...RUNNER_TIMINGS, ...options.timings };
    const targets = options.targets.map((target) => ({
      ...target,
      streams: new StreamSet(this.#timings.streamPingIntervalMs),
    }));
    this.#streams = targets.map(({ streams }) => streams);
    this.#acceptor = new StreamAcceptor(targets, this.#timings);
    this.#plan = new ReconnectPlan(this.#timings, options.refusedAfterMs);
    this.#chooser = new CarrierChooser(options.transport ?? 'auto');
    this.#move = new LinkMove(this.#timings, options.logger, () => this.#openLink(this.#chooser.current));
    this.#moveUp = new MoveUp(this.#timings, this.#chooser);
    this.closed = new Promise((resolve) => {
      this.#settleClosed = resolve;
    });
    this.statuses = targets.map(({ runnerId, streams }) => new SharedLinkStatus(runnerId, this, streams));
  }

  get state(): RunnerTunnelState {
    return this.#phase === 'connected' && this.#link?.isResuming === true ? 'resuming' : this.#phase;
  }

  get transport(): MultiplexedTransport | undefined {
    return this.#link?.transport;
  }

  /** Begins to connect. Once. */
  start(): void {
    if (this.#phase !== 'idle') return;
    this.#phase = 'connecting';
    const server = describeServer(this.#options.connector.server);
    for (const { logger, local } of this.#options.targets)
      logger.info({ server, local: describeLocalAddress(local) }, 'connecting');
    void this.#run();
  }

  /** Takes no more streams, lets those that stand finish for at most `graceMs`, closes the link. Idempotent. */
  async close(graceMs: number): Promise<void> {
    this.#isClosing = true;
    this.#acceptor.close();
    // A connection attempt or a wait ends now; a standing link stays until its streams are done.
    if (this.#link === undefined) this.#abort();
    await Promise.all(this.#streams.map((streams) => streams.drain(graceMs)));
    this.#abort();
    await Promise.all([this.#link?.close(), this.#move.close()]);
    this.#finish({ reason: 'stopped' });
  }

  /** Cuts everything now. Idempotent. */
  destroy(): void {
    this.#isClosing = true;
    this.#abort();
    this.#link?.destroy('shutdown');
    this.#move.destroy();
    for (const streams of this.#streams) streams.destroy();
    this.#finish({ reason: 'stopped' });
  }

  #abort(): void {
    this.#stop.abort(new ConnectError('ABORTED', 'stopped'));
  }

  #finish(end: MultiplexedTunnelEnd): void {
    this.#successor?.destroy('shutdown');
    if (this.#phase === 'stopped' || this.#phase === 'refused') return;
    this.#phase = end.reason === 'refused' ? 'refused' : 'stopped';
    void this.#move.close();
    this.#settleClosed(end);
  }

  #isStopping(): boolean {
    return this.#isClosing || this.#stop.signal.aborted;
  }

  async #run(): Promise<void> {
    while (!this.#isStopping()) {
      this.#phase = 'connecting';
      const waitMs = await this.#holdLink();
      if (waitMs === undefined || this.#isStopping()) return;
      this.#phase = 'waiting';
      await sleep(waitMs, this.#stop.signal);
    }
  }

  /** Connects and stays until the link is lost. Returns how long to wait before the next try; `undefined`: no more tries. */
  async #holdLink(): Promise<number | undefined> {
    let link: ResumingLink;
    try {
      link = await this.#connect();
    } catch (error) {
      return this.#isStopping() ? undefined : this.#afterFailure(error);
    }
    if (this.#isStopping()) {
      link.destroy('shutdown');
      return undefined;
    }
    const connectedAtMs = performance.now();
    this.#link = link;
    this.#phase = 'connected';
    this.#plan.connected();
    this.#isNotSpokenTold = false;
    const fields = { transport: link.transport, why: this.#chooser.why };
    this.#tell('info', fields, 'connected');
    const end = await this.#untilLost(link);
    const last = this.#link;
    this.#link = undefined;
    this.#successor = last.successor;
    if (this.#isStopping()) {
      this.#successor?.destroy('shutdown');
      return undefined;
    }
    if (this.#successor !== undefined) return 0;

    const lifeMs = Math.round(performance.now() - connectedAtMs);
    const isSuperseded = end.code === 'superseded';
    const retryInMs = isSuperseded ? this.#plan.afterSuperseded() : this.#plan.afterLoss(lifeMs, last.streamCount);
    const { transport } = last;
    this.#tell('warn', { transport, reason: end.code, detail: end.reason, lifeMs, retryInMs }, 'lost');
    return retryInMs;
  }

  /** Follows the link wherever the API makes it move. */
  async #untilLost(first: ResumingLink): Promise<PipeEnd> {
    for (let link = first; ;) {
      this.#moveIfAsked(link);
      if (link.transport === 'mux-websocket') void this.#moveUp.watch(link);
      const moved = new Promise<'moved'>((resolve) => {
        this.#onMoved = (): void => {
          resolve('moved');
        };
      });
      const end = await Promise.race([link.closed, moved]);
      // The API closes the old one when the new one stands, which may be known there before it is here.
      await this.#move.settled;
      const current = this.#link ?? link;
      if (current === link && end !== 'moved') return end;
      link = current;
    }
  }

  #onDrain(link: ResumingLink, withinMs: number): void {
    if (this.#isStopping()) return;
    if (link !== this.#link) {
      this.#asked.set(link, withinMs);
      return;
    }
    this.#move.begin(link, withinMs, (next) => {
      if (this.#isStopping()) {
        next.destroy('shutdown');
        return;
      }
      this.#link = next;
      this.#onMoved();
      this.#tell('info', { transport: next.transport, why: 'the API asked to move' }, 'connected');
    });
  }

  #moveIfAsked(link: ResumingLink): void {
    const withinMs = this.#asked.get(link);
    this.#asked.delete(link);
    if (withinMs !== undefined) this.#onDrain(link, withinMs);
  }

  async #connect(): Promise<ResumingLink> {
    const successor = await this.#takeSuccessor();
    if (successor !== undefined) return successor;
    return this.#chooser.open({
      open: (transport) => this.#openLink(transport),
      ask: async () => {
        const { connector, token } = this.#options;
        const question = {
          connector,
          transport: 'mux-websocket',
          token: await token.read(),
          timings: this.#timings,
        } as const;
        await askForGeneration3(question, this.#stop.signal);
      },
    });
  }

  async #takeSuccessor(): Promise<ResumingLink | undefined> {
    const successor = this.#successor;
    this.#successor = undefined;
    try {
      await successor?.untilProven(this.#stop.signal);
      return successor;
    } catch {
      // It was one request of many: a new one finds out what is wrong.
      return undefined;
    }
  }

  #openLink(transport: MultiplexedTransport): Promise<ResumingLink> {
    const { connector, token, targets, logger, machineId = MACHINE_ID } = this.#options;
    const { signal } = this.#stop;
    const timings = this.#timings;
    return ResumingLink.open(
      {
        connector,
        token,
        timings,
        logger,
        machineId,
        runnerIds: targets.map(({ runnerId }) => runnerId),
        onStream: this.#acceptor.accept,
        onDrain: (link, withinMs) => {
          this.#onDrain(link, withinMs);
        },
        mayBeSucceeded: (link) => link === this.#link && !this.#move.isMoving && !this.#isStopping(),
      },
      transport,
      signal,
    );
  }

  #afterFailure(cause: unknown): number | undefined {
    const { error, retryInMs } = this.#plan.afterFailure(cause);
    const { code, status, headers, message: problem } = error;
    // 401 is about the token, another machine is about this one; everything else may be about one of them.
    const isAboutIds = (code === 'REFUSED' && status !== 401) || (status === 409 && !headers.has('revdial-conflict'));
    if (isAboutIds && this.#options.targets.length > 1) {
      this.#finish({ reason: 'divided' });
      return undefined;
    }
    if (retryInMs === undefined) {
      this.#tell('error', { status, problem }, 'refused for good');
      this.#finish({ reason: 'refused', status: status ?? 0 });
    } else if (code === 'REFUSED') {
      this.#tell('warn', { status, problem, retryInMs }, 'refused');
    } else {
      if (code === 'NOT_SPOKEN' && !this.#isNotSpokenTold) {
        this.#isNotSpokenTold = true;
        this.#options.logger.warn({ problem, cure: OLDER_API_CURE }, 'what answers does not speak generation 3');
      }
      this.#tell('warn', { code, status, problem, retryInMs }, 'not connected');
    }
    return retryInMs;
  }

  /** Each runner's log tells its whole story. */
  #tell(level: 'info' | 'warn' | 'error', fields: Readonly<Record<string, unknown>>, message: string): void {
    for (const { logger } of this.#options.targets) logger[level](fields, message);
  }
}
