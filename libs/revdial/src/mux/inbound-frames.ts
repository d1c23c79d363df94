import { FRAME_FLAGS } from './frame.js';
import type { FrameSink } from './frame-reader.js';
import type { LinkStreams } from './link-streams.js';
import type { MuxStream } from './mux-stream.js';
import { MuxStreamError } from './mux-stream-error.js';
import { MuxViolation } from './mux-violation.js';
import { parseResetCode } from './reset-code.js';
import type { ResetCode } from './reset-code.js';
import type { StreamIds } from './stream-ids.js';

/** What frames make the link do. */
export interface InboundLink {
  /** A stream that the peer opens; undefined when it was refused. */
  accept(id: number): MuxStream | undefined;
  notePeersReset(code: ResetCode): void;
  answerPing(value: number): void;
  notePong(value: number): void;
  noteGoAway(code: number): void;
}

const { syn, fin, rst } = FRAME_FLAGS;

/** What each frame means for the streams (yamux's spec, "Message Flow"). Throws MuxViolation where it means nothing. */
export class InboundFrames implements FrameSink {
  readonly #ids: StreamIds;
  readonly #streams: LinkStreams;
  readonly #link: InboundLink;
  /** Whose payload comes; undefined while it belongs to a stream that is gone. */
  #current: MuxStream | undefined;
  #isLastFrame = false;

  constructor(ids: StreamIds, streams: LinkStreams, link: InboundLink) {
    this.#ids = ids;
    this.#streams = streams;
    this.#link = link;
  }

  onData(flags: number, streamId: number, length: number): void {
    this.#current = undefined;
    const stream = this.#streamOf(flags, streamId);
    if (stream === undefined) return;
    if ((flags & rst) !== 0) {
      this.#reset(stream, 'unknown');
      return;
    }
    if (length > 0) {
      if (stream.hasPeerEnded) throw new MuxViolation(`data on stream ${streamId} after its end`);
      if (!stream.beginFrame(length)) {
        stream.destroy(new MuxStreamError('flow-violation', `${length} bytes came, more than the window allowed`));
        return;
      }
    }
    this.#current = stream;
    this.#isLastFrame = (flags & fin) !== 0;
  }

  onPayload(bytes: Buffer): void {
    this.#current?.deliver(bytes);
  }

  onDataEnd(): void {
    if (this.#isLastFrame) this.#current?.deliverEnd();
    this.#current = undefined;
  }

  onWindowUpdate(flags: number, streamId: number, delta: number): void {
    const stream = this.#streamOf(flags, streamId);
    if (stream === undefined) return;
    if ((flags & rst) !== 0) {
      this.#reset(stream, parseResetCode(delta));
      return;
    }
    if (!stream.addCredit(delta)) {
      stream.destroy(new MuxStreamError('flow-violation', 'more credit came than the wire can hold'));
      return;
    }
    if ((flags & fin) !== 0) stream.deliverEnd();
  }

  onPing(flags: number, value: number): void {
    if (flags === syn) this.#link.answerPing(value);
    else this.#link.notePong(value);
  }

  onGoAway(code: number): void {
    this.#link.noteGoAway(code);
  }

  /** Undefined: the stream is gone, or not wanted, and the frame is skipped. */
  #streamOf(flags: number, id: number): MuxStream | undefined {
    if ((flags & syn) !== 0) return this.#open(flags, id);
    const stream = this.#streams.find(id);
    if (stream === undefined && !this.#ids.isUsed(id)) throw new MuxViolation(`stream ${id} was never opened`);
    return stream;
  }

  #open(flags: number, id: number): MuxStream | undefined {
    if (this.#ids.isOwn(id)) throw new MuxViolation(`the peer opened ${id}, an id of ours`);
    if (this.#ids.isUsed(id)) throw new MuxViolation(`stream ${id} was opened twice`);
    this.#ids.openPeers(id);
    // Opened and given up in one frame: nobody needs to hear of it.
    return (flags & rst) === 0 ? this.#link.accept(id) : undefined;
  }

  #reset(stream: MuxStream, code: ResetCode): void {
    this.#link.notePeersReset(code);
    stream.deliverReset(new MuxStreamError(code, `the peer reset the stream (${code})`));
  }
}
