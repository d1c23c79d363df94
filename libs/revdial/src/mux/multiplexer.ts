import type { BytePipe, PipeEnd, PipeCloseCode } from '../carrier/byte-pipe.js';
import { callGuarded } from '../defect.js';
import { MuxLink } from './mux-link.js';
import type { MultiplexerOptions, MultiplexerStats } from './multiplexer-options.js';
import { MuxStream } from './mux-stream.js';
import type { StreamClass } from '../tunnel-stream.js';
import type { StreamHost } from './mux-stream.js';

/**
 * A link has one connection, and every request, picture and terminal of a host needs a stream of its own: opened at no round trip,
 * with its own backpressure, and so that a click does not wait behind a screenshot. The multiplexer carries many streams over one
 * pipe in the frames of yamux (its public spec; docs/protocol.md, generation 3, has what is added to it).
 *
 *   out:  MuxStream ─▶ StreamSender ─┐ one frame at a time
 *         MuxStream ─▶ StreamSender ─┴─▶ SendScheduler ─▶ FrameOutlet ─▶ FrameBatch ─▶ pipe
 *   in:   pipe ─▶ FrameReader ─▶ InboundFrames ─▶ MuxStream (ReceiveWindow, UnreadBacklog) ─▶ its reader
 *
 * Sending pulls: while the pipe takes bytes, the scheduler is asked for frames, so urgent bytes never wait behind bytes that were
 * queued before them. There are no timers here: the pipe below finds out whether the peer is alive, and when the pipe ends, all
 * streams fail with `expired`. `MuxLink` holds the parts together; this class is what users of a link see.
 */
export class Multiplexer {
  /** Settles once, when the pipe has ended. Never rejects. */
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
