import { withSignal } from '@helix/pacing';
import type { PipeCloseCode, PipeEnd } from '../../carrier/byte-pipe.js';
import { Multiplexer } from '../../mux/multiplexer.js';
import type { MuxStream } from '../../mux/mux-stream.js';
import { ResumableLink } from '../../resumable/resumable-link.js';
import { formatResumption, NEW_LINK_ELSE, parseLinkGrant, parseReceived } from '../../resumable/resumption.js';
import type { LinkGrant } from '../../resumable/resumption.js';
import { ConnectError } from '../connect/connect-error.js';
import { OutageBackoff, sleep } from '../connect/reconnect-plan.js';
import type { SocketConnector } from '../connect/socket-connector.js';
import type { TokenSource } from '../connect/token-source.js';
import { GOODBYE_LIMIT_MS } from '../limits.js';
import type { RunnerTimings } from '../limits.js';
import type { MultiplexedTransport, RunnerLogger } from '../tunnel-status.js';
import { askToResumeNothing } from './ask-for-generation-3.js';
import { openMultiplexedCarrier } from './open-multiplexed-carrier.js';
import type { OpenedCarrier } from './open-multiplexed-carrier.js';

export interface ResumingLinkOptions {
  readonly connector: SocketConnector;
  readonly runnerIds: readonly string[];
  readonly token: TokenSource;
  readonly timings: RunnerTimings;
  readonly logger: RunnerLogger;
  /** Tells this machine from others that claim the same runners. */
  readonly machineId: string;
  readonly onStream: (stream: MuxStream) => void;
  /** The API asks us to move to another link within this time. */
  readonly onDrain: (link: ResumingLink, withinMs: number) => void;
  /** May a new link take its place, where the API does not know this one any more? Not of one that is only finishing its streams. */
  readonly mayBeSucceeded: (link: ResumingLink) => boolean;
}

/** The API does not know the link any more. */
const GONE = 410;

/** `refused`: nothing was disturbed. `empty`: the other carrier was taken and brought nothing; the link is back where it was. */
export type MoveOutcome = 'moved' | 'refused' | 'empty';

/** The link is being taken over to another kind of carrier. */
interface CarrierTrial {
  readonly to: MultiplexedTransport;
  readonly from: MultiplexedTransport;
  settle(outcome: MoveOutcome): void;
}

/**
 * The agent's end of one link of generation 3: takes streams, and comes back after every loss of its connection, within the
 * time that the API holds the link, so that the streams notice nothing but the delay.
 */
export class ResumingLink {
  /** Settles once, when the link is gone for good. Never rejects. */
  readonly closed: Promise<PipeEnd>;
  readonly #options: ResumingLinkOptions;
  readonly #grant: LinkGrant;
  readonly #link: ResumableLink;
  readonly #multiplexer: Multiplexer;
  readonly #backoff: OutageBackoff;
  readonly #stop = new AbortController();
  #transport: MultiplexedTransport;
  /** Bytes came through: what is in between passes them on at once. */
  #isProven = false;
  readonly #proven: Promise<void>;
  #settleProven: () => void = () => undefined;
  #isResuming = false;
  #successor: ResumingLink | undefined;
  #attempt = 0;
  #streamCount = 0;
  #attachedAtMs = performance.now();
  #receivedAtAttach = 0;
  #trial: CarrierTrial | undefined;

  /** Opens a new link; resolves when the first bytes of the API are here. @throws ConnectError of every code; the signal's reason */
  static async open(
    options: ResumingLinkOptions,
    transport: MultiplexedTransport,
    signal: AbortSignal,
  ): Promise<ResumingLink> {
    const { connector, runnerIds, timings } = options;
    const token = await options.token.read();
    const headers = { 'RevDial-Machine': options.machineId };
    const opened = await openMultiplexedCarrier({ connector, transport, runnerIds, token, timings, headers }, signal);
    const grant = parseLinkGrant(opened.headers);
    if (grant === undefined) {
      opened.carrier.destroy('protocol-violation');
      throw new ConnectError('NOT_A_LINK', 'answered 101 without a link of generation 3', { status: 101 });
    }
    const link = new ResumingLink(options, transport, grant, opened);
    await link.untilProven(signal);
    return link;
  }

  private constructor(
    options: ResumingLinkOptions,
    transport: MultiplexedTransport,
    grant: LinkGrant,
    opened: OpenedCarrier,
    backoff = new OutageBackoff(options.timings),
  ) {
    this.#options = options;
    this.#transport = transport;
    this.#grant = grant;
    this.#backoff = backoff;
    this.#link = new ResumableLink({
      role: 'agent',
      holdMs: grant.holdMs,
      events: {
        onCarrierLost: (end) => {
          this.#onCarrierLost(end);
        },
        onDrain: (withinMs) => {
          options.onDrain(this, withinMs);
        },
      },
    });
    this.#proven = new Promise((resolve) => {
      this.#settleProven = resolve;
    });
    this.#prove(opened);
    this.#link.attach(opened.carrier, 0);
    this.#multiplexer = new Multiplexer(this.#link, {
      role: 'client',
      onStream: (stream) => {
        this.#streamCount += 1;
        options.onStream(stream);
      },
    });
    this.closed = this.#multiplexer.closed.then((end) => {
      this.#stop.abort(new ConnectError('ABORTED', 'the link is gone'));
      this.#endTrial('empty');
      return end;
    });
  }

  /** What carries it, or did last. */
  get transport(): MultiplexedTransport {
    return this.#transport;
  }

  /** Its connection is gone and is being replaced. */
  get isResuming(): boolean {
    return this.#isResuming;
  }

  /** Streams that the API opened on it. */
  get streamCount(): number {
    return this.#streamCount;
  }

  get roundTripMs(): number | undefined {
    return this.#link.roundTripMs;
  }

  /** The link that the API gave us when it did not know this one any more: this one has ended, and its holder takes that. */
  get successor(): ResumingLink | undefined {
    return this.#successor;
  }

  /** Takes no more streams and ends when the last is done; for good after a second. Idempotent. */
  async close(): Promise<void> {
    const timer = setTimeout(() => {
      this.destroy('shutdown');
    }, GOODBYE_LIMIT_MS);
    await this.#multiplexer.close();
    clearTimeout(timer);
  }

  /** Cuts the link and all its streams. Idempotent. */
  destroy(code: PipeCloseCode): void {
    this.#multiplexer.destroy(code);
  }

  /**
   * Takes the link over to another kind of carrier: it is resumed there while the one that carries it still works, so that
   * streams notice a pause of some round trips, and is resumed where it was when nothing comes through. Never rejects.
   */
  async moveTo(transport: MultiplexedTransport): Promise<MoveOutcome> {
    const { connector, runnerIds, timings } = this.#options;
    try {
      const token = await this.#options.token.read();
      await askToResumeNothing({ connector, transport, runnerIds, token, timings }, this.#stop.signal);
    } catch {
      return 'refused';
    }
    if (this.#isResuming || this.#link.isClosed || this.#trial !== undefined || !this.#isProven) return 'refused';
    return new Promise((resolve) => {
      this.#trial = { to: transport, from: this.#transport, settle: resolve };
      // Which begins a resumption; from here on nothing is taken from it any more.
      this.#link.detach();
    });
  }

  #endTrial(outcome: MoveOutcome): void {
    const trial = this.#trial;
    if (trial === undefined) return;
    this.#trial = undefined;
    if (outcome !== 'moved') this.#transport = trial.from;
    this.#options.logger.info({ transport: this.#transport, tried: trial.to, outcome }, 'tried another carrier');
    trial.settle(outcome);
  }

  #prove({ heard }: OpenedCarrier): void {
    void heard.then(() => {
      this.#isProven = true;
      this.#settleProven();
    });
  }

  /** Until something has come through. Ends the link otherwise. @throws ConnectError NOT_A_LINK; the signal's reason */
  async untilProven(signal: AbortSignal): Promise<void> {
    try {
      // A peer that stays silent ends the link, see `#onCarrierLost`.
      const end = await withSignal(signal, Promise.race([this.#proven, this.closed]));
      if (end !== undefined) throw new ConnectError('NOT_A_LINK', 'answered 101, then nothing came through');
    } catch (error) {
      this.destroy('done');
      throw error;
    }
  }

  #onCarrierLost(end: PipeEnd): void {
    // Cut young is resumed once, since the API may have opened streams already; silence is what a bad path looks like.
    if (!this.#isProven && (this.#attempt > 0 || end.code === 'peer-silent')) {
      this.destroy('lost');
      return;
    }
    if (this.#link.isClosed) return;
    // It had been taken over, and was lost before a byte came.
    if (this.#trial?.to === this.#transport) this.#endTrial('empty');
    const { usefulCarrierMs } = this.#options.timings;
    const lifeMs = Math.round(performance.now() - this.#attachedAtMs);
    if (lifeMs >= usefulCarrierMs || this.#link.received > this.#receivedAtAttach) this.#backoff.reset();
    this.#isResuming = true;
    if (this.#trial === undefined)
      this.#options.logger.info({ transport: this.#transport, reason: end.code, lifeMs }, 'connection lost, resuming');
    void this.#resume();
  }

  async #resume(): Promise<void> {
    const { signal } = this.#stop;
    const beganAtMs = performance.now();
    let retryInMs = this.#trial === undefined ? this.#backoff.nextMs(beganAtMs) : 0;
    while (await sleep(retryInMs, signal)) {
      try {
        await this.#reattach(signal);
        if (this.#successor !== undefined) return;
        const tookMs = Math.round(performance.now() - beganAtMs);
        this.#options.logger.info({ transport: this.#transport, attempt: this.#attempt, tookMs }, 'resumed');
        return;
      } catch (error) {
        if (signal.aborted) return;
        // It says nothing about the way on which the link stood until now.
        retryInMs = this.#trial === undefined ? this.#afterFailure(error) : 0;
        this.#endTrial('empty');
      }
    }
  }

  async #reattach(signal: AbortSignal): Promise<void> {
    const { connector, runnerIds, timings } = this.#options;
    const trial = this.#trial;
    const transport = trial?.to ?? this.#transport;
    const token = await this.#options.token.read();
    this.#attempt += 1;
    const mayBeSucceeded = trial === undefined && this.#options.mayBeSucceeded(this);
    const headers = {
      'RevDial-Machine': this.#options.machineId,
      ...formatResumption(this.#grant, this.#attempt, this.#link.received),
      ...(mayBeSucceeded ? NEW_LINK_ELSE : {}),
    };
    const handshakeTimeoutMs = trial === undefined ? timings.handshakeTimeoutMs : timings.moveUpHandshakeMs;
    const opened = await openMultiplexedCarrier(
      { connector, transport, runnerIds, token, timings: { ...timings, handshakeTimeoutMs }, headers },
      signal,
    );
    const { carrier } = opened;
    const received = parseReceived(opened.headers);
    const grant = parseLinkGrant(opened.headers);
    if (received === undefined && grant !== undefined && mayBeSucceeded) {
      this.#options.logger.info({ transport, attempt: this.#attempt }, 'the link cannot be resumed, a new one stands');
      // With the patience of this one: where nothing stands for long, each link would start its backoff again.
      this.#successor = new ResumingLink(this.#options, transport, grant, opened, this.#backoff);
      this.#link.destroy('expired');
      return;
    }
    if (received === undefined) {
      carrier.destroy('protocol-violation');
      throw new ConnectError('NOT_A_LINK', 'answered 101 to a resumption without an offset', { status: 101 });
    }
    this.#isResuming = false;
    this.#transport = transport;
    if (trial !== undefined)
      void opened.heard.then(() => {
        if (this.#trial === trial) this.#endTrial('moved');
      });
    this.#attachedAtMs = performance.now();
    this.#receivedAtAttach = this.#link.received;
    if (!this.#isProven) this.#prove(opened);
    // May lose the carrier again before it returns.
    this.#link.attach(carrier, received);
  }

  /** How long to wait before the next attempt. */
  #afterFailure(error: unknown): number {
    const { logger, timings } = this.#options;
    const retryInMs = this.#backoff.nextMs(performance.now());
    const problem = error instanceof Error ? error.message : 'unknown';
    if (!(error instanceof ConnectError)) {
      logger.warn({ problem, retryInMs }, 'not resumed');
      return retryInMs;
    }
    const { code, status, body } = error;
    if (status === GONE) {
      // A new link is the tunnel's business.
      logger.info({ problem: body.slice(0, 80) }, 'the link cannot be resumed');
      this.#link.destroy(body.includes('superseded') ? 'superseded' : 'expired');
      return 0;
    }
    logger.info({ code, status, problem, retryInMs }, 'not resumed');
    const retryAfterMs = Math.min(error.retryAfterMs ?? 0, timings.backoffEarlyCapMs);
    return retryAfterMs + retryInMs;
  }
}
