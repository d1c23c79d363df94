import { FRAME_FLAGS, MuxViolation } from './frame-codec.js';
import type { FrameSink } from './frame-codec.js';
import type { StreamTable, StreamIds } from './stream-table.js';
import type { MuxStream } from './mux-stream.js';
import { MuxStreamError, parseResetCode } from './reset-code.js';
import type { ResetCode } from './reset-code.js';

/** What frames ask of the link. */
export interface InboundLink {
  /** A stream that the peer opens; undefined when it was refused. */
  accept(id: number): MuxStream | undefined;
  countPeersReset(code: ResetCode): void;
  answerPing(value: number): void;
  onPong(value: number): void;
  onGoAwayFrame(code: number): void;
}

const { syn, fin, rst } = FRAME_FLAGS;

/** Applies each frame to its stream (yamux's spec, "Message Flow"). Throws MuxViolation where the spec has no meaning for it. */
export class InboundFrames implements FrameSink {
  readonly #ids: StreamIds;
  readonly #streams: StreamTable;
  readonly #link: InboundLink;
  /** The stream that the payload is for; undefined when that stream is gone. */
  #current: MuxStream | undefined;
  #isLastFrame = false;

  constructor(ids: StreamIds, streams: StreamTable, link: InboundLink) {
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
    else this.#link.onPong(value);
  }

  onGoAway(code: number): void {
    this.#link.onGoAwayFrame(code);
  }

  /** Undefined: the stream is gone, or not wanted, and the frame is skipped. */
  #streamOf(flags: number, id: number): MuxStream | undefined {
    if ((flags & syn) !== 0) return this.#open(flags, id);
    const stream = this.#streams.find(id);
    if (stream === undefined && !this.#ids.isUsed(id)) throw new MuxViolation(`stream ${id} was never opened`);
    return stream;
  }

  #open(flags: number, id: number): MuxStream | undefined {
    if (this.#ids.isOwn(id)) throw new MuxViolation(`the peer opened stream ${id}, an id of this side`);
    if (this.#ids.isUsed(id)) throw new MuxViolation(`stream ${id} was opened twice`);
    this.#ids.openPeers(id);
    // Opened and reset in one frame: the user of the link need not see it.
    return (flags & rst) === 0 ? this.#link.accept(id) : undefined;
  }

  #reset(stream: MuxStream, code: ResetCode): void {
    this.#link.countPeersReset(code);
    stream.deliverReset(new MuxStreamError(code, `the peer reset the stream (${code})`));
  }
}
