import { setMaxListeners } from 'node:events';
import { WaitingLine, withDeadline } from '@helix/pacing';
import { dataPath } from '../connect/server-address.js';
import type { SocketConnector } from '../connect/socket-connector.js';
import type { TokenSource } from '../connect/token-source.js';
import { DATA_FRAME_MAX_BYTES, PICKUPS_AT_ONCE_COUNT, PICKUPS_WAITING_COUNT } from '../limits.js';
import type { RunnerTimings } from '../limits.js';
import { describeLocalAddress, dialLocal } from '../streams/local-address.js';
import type { LocalAddress } from '../streams/local-address.js';
import type { StreamSet } from '../streams/stream-set.js';
import type { RunnerLogger } from '../tunnel-status.js';
import { openClientWebSocket } from './client-websocket.js';
import type { ClientWebSocket } from './client-websocket.js';
import { PipedStream } from './piped-stream.js';

export interface PickUpQueueOptions {
  readonly connector: SocketConnector;
  readonly token: TokenSource;
  readonly local: LocalAddress;
  readonly timings: RunnerTimings;
  readonly streams: StreamSet;
  readonly logger: RunnerLogger;
  /** The data connection could not be opened; the API is to be told. */
  readonly onFailed: (connPath: string, problem: string) => void;
}

interface PickUp {
  readonly connPath: string;
  readonly path: string;
  readonly dueAtMs: number;
}

/**
 * Answers the conn-ready messages of one link (revdial-wire §2): opens a data WebSocket, then the local service, and ties
 * them together. A bounded number at once, a bounded number waiting, each with one deadline from its arrival.
 */
export class PickUpQueue {
  readonly #options: PickUpQueueOptions;
  /** Pick-ups that wait for their turn. */
  readonly #line: WaitingLine;
  readonly #stop = new AbortController();
  #underWayCount = 0;
  #isRefusing = false;
  #openedCount = 0;

  constructor(options: PickUpQueueOptions) {
    this.#options = options;
    this.#line = new WaitingLine({
      maxCount: PICKUPS_WAITING_COUNT,
      whenFull: () => new Error('too many pick-ups are waiting'),
      whenLate: () => this.#lateError(),
      whenAborted: () => new Error('the link is gone'),
    });
    // Each pick-up listens; that many are no leak.
    setMaxListeners(PICKUPS_AT_ONCE_COUNT + PICKUPS_WAITING_COUNT, this.#stop.signal);
  }

  /** Streams that came about. */
  get openedCount(): number {
    return this.#openedCount;
  }

  /**
   * Takes one conn-ready. It becomes a stream in the set, or is told to `onFailed` when no data connection came about; a local
   * service that does not answer is told by closing the data connection. Paths that are not ours are ignored, and nothing is
   * told after `destroy`.
   */
  add(connPath: string): void {
    const { connector, timings, logger, onFailed } = this.#options;
    const path = dataPath(connector.server, connPath);
    if (path === undefined) {
      logger.warn({}, 'ignored a pick-up whose path is not one of ours');
    } else if (this.#isRefusing) {
      onFailed(connPath, 'the runner is stopping');
    } else {
      void this.#serve({ connPath, path, dueAtMs: performance.now() + timings.pickUpTimeoutMs });
    }
  }

  /** Refuses what comes from now on; what is under way goes on. Idempotent. */
  close(): void {
    this.#isRefusing = true;
  }

  /** Gives up all that is waiting or under way, and tells `onFailed` of none. Idempotent. */
  destroy(): void {
    this.#isRefusing = true;
    this.#stop.abort(new Error('the link is gone'));
  }

  /** Never rejects. */
  async #serve(pickUp: PickUp): Promise<void> {
    try {
      await this.#takeTurn(pickUp);
    } catch (error) {
      this.#fail(pickUp, error);
      return;
    }
    await this.#pickUp(pickUp);
    const next = this.#line.shift();
    if (next === undefined) this.#underWayCount -= 1;
    else next.serve();
  }

  async #takeTurn({ dueAtMs }: PickUp): Promise<void> {
    if (this.#underWayCount < PICKUPS_AT_ONCE_COUNT) this.#underWayCount += 1;
    else await this.#line.wait(undefined, { limitMs: dueAtMs - performance.now(), signal: this.#stop.signal });
  }

  #fail({ connPath }: PickUp, error: unknown): void {
    const { logger, onFailed } = this.#options;
    const problem = error instanceof Error ? error.message : 'failed';
    logger.debug({ problem }, 'pick-up failed');
    if (!this.#stop.signal.aborted) onFailed(connPath, problem);
  }

  #lateError(): Error {
    return new Error(`not picked up within ${String(this.#options.timings.pickUpTimeoutMs)} ms`);
  }

  /** Never rejects. */
  async #pickUp(pickUp: PickUp): Promise<void> {
    const { timings, local, streams, logger } = this.#options;
    const remote = await this.#openRemote(pickUp).catch((error: unknown) => {
      this.#fail(pickUp, error);
      return undefined;
    });
    if (remote === undefined) return;
    try {
      const dialLimitMs = Math.min(timings.localDialTimeoutMs, Math.max(1, pickUp.dueAtMs - performance.now()));
      const socket = await dialLocal(local, dialLimitMs, this.#stop.signal);
      this.#openedCount += 1;
      streams.add(new PipedStream(remote, socket, timings.flushTimeoutMs));
    } catch (error) {
      // The service may not have started yet. The end of the stream before its first byte says so (revdial-wire §2).
      const problem = error instanceof Error ? error.message : 'failed';
      logger.debug({ local: describeLocalAddress(local), problem }, 'the local service does not answer');
      remote.websocket.close();
      remote.websocket.resume();
    }
  }

  async #openRemote(pickUp: PickUp): Promise<ClientWebSocket> {
    const { connector, token, timings, streams } = this.#options;
    if (streams.isFull) throw new Error('too many streams are open');
    const remainingMs = Math.max(0, pickUp.dueAtMs - performance.now());
    return withDeadline(
      remainingMs,
      this.#stop.signal,
      () => this.#lateError(),
      async (signal) =>
        openClientWebSocket(
          {
            connector,
            path: pickUp.path,
            token: await token.read(),
            maxFrameBytes: DATA_FRAME_MAX_BYTES,
            connectTimeoutMs: timings.connectTimeoutMs,
            handshakeTimeoutMs: timings.handshakeTimeoutMs,
          },
          signal,
        ),
    );
  }
}
