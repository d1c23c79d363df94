import type { BytePipe, PipeEnd } from '../carrier/byte-pipe.js';
import type { PipeCloseCode } from '../carrier/close-code.js';
import { callGuarded } from '../defect.js';
import { MuxLink } from './mux-link.js';
import type { MultiplexerOptions } from './multiplexer-options.js';
import type { MultiplexerStats } from './multiplexer-stats.js';
import { MuxStream } from './mux-stream.js';
import type { StreamClass } from '../tunnel-stream.js';
import type { StreamHost } from './stream-host.js';

/**
 * Many streams over one pipe, in the frames of yamux (its public spec, and gen 3 in docs/protocol.md where we say more).
 *
 *   MuxStream ─ StreamSender ─┐ one frame at a time               ┌─ FrameReader ─ InboundFrames ─▶ MuxStream
 *   MuxStream ─ StreamSender ─┴─▶ SendScheduler ─▶ FrameOutlet ─▶ pipe
 *
 * It pulls: while the pipe takes bytes the scheduler is asked for frames, so that what is urgent never waits behind what was
 * queued before it. Nothing here has a timer: whether the peer lives is the pipe's business, and when the pipe ends all streams
 * fail with `expired`.
 */
export class Multiplexer {
  /** Settles once, when the pipe has ended for whatever reason. Never rejects. */
  readonly closed: Promise<PipeEnd>;
  readonly #link: MuxLink;

  /** Starts the pipe. */
  constructor(pipe: BytePipe, options: MultiplexerOptions) {
    let resolve: (end: PipeEnd) => void = () => undefined;
    this.closed = new Promise((resolveClosed) => {
      resolve = resolveClosed;
    });
    this.#link = new MuxLink(pipe, options, (end) => {
      callGuarded('the owner of a link', () => options.onClosed?.(end));
      resolve(end);
    });
    pipe.start(this.#link);
  }

  get stats(): MultiplexerStats {
    const { streams, resetsByCode } = this.#link;
    return {
      streamsOpen: streams.count,
      queuedBytesByClass: streams.queuedBytesByClass(),
      resetsByCode: { ...resetsByCode },
      unreadBytes: streams.unreadBytes,
    };
  }

  /**
   * A new stream, at no round trip: what is written in the same turn travels with the opening. One that cannot be opened fails
   * with `expired` (the link is gone), `refused` (it is closing) or `limit`.
   */
  openStream(options: { readonly class: StreamClass }): MuxStream {
    return this.#link.open((host) => new MuxStream(host, options.class));
  }

  /** The same, for a kind of stream of the caller's own. */
  openStreamOf<T extends MuxStream>(make: (host: StreamHost) => T): T {
    return this.#link.open(make);
  }

  /** The round trip in ms, queues included. Rejects with `expired` when the link ends first. */
  ping(): Promise<number> {
    return this.#link.askPing();
  }

  /** Takes no more streams of the peer; those that stand go on. */
  goAway(): void {
    this.#link.goAway();
  }

  /** Takes and opens no more streams, and closes the pipe with this code when the last has ended. */
  close(code: PipeCloseCode = 'done'): Promise<PipeEnd> {
    this.#link.close(code);
    return this.closed;
  }

  /** Cuts now. */
  destroy(code: PipeCloseCode, cause?: unknown): void {
    this.#link.destroy(code, cause);
  }
}
