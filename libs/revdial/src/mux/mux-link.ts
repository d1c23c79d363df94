import { callGuarded } from '../defect.js';
import type { BytePipe, PipeEnd, PipeReceiver, PipeCloseCode } from '../carrier/byte-pipe.js';
import { FRAME_FLAGS, FRAME_TYPES, GO_AWAY_CODES, FrameReader, MuxViolation } from './frame-codec.js';
import { FrameOutlet } from './frame-outlet.js';
import { traceFrames } from './frame-trace.js';
import type { FrameTrace } from './frame-trace.js';
import { InboundFrames } from './inbound-frames.js';
import type { InboundLink } from './inbound-frames.js';
import { LinkPing } from './link-ping.js';
import { StreamTable, StreamIds } from './stream-table.js';
import { muxLimits } from './multiplexer-options.js';
import type { MuxLimits, MultiplexerOptions } from './multiplexer-options.js';
import { MuxStream } from './mux-stream.js';
import { MuxStreamError, emptyResetCounts, RESET_CODES } from './reset-code.js';
import type { ResetCode } from './reset-code.js';
import type { StreamHost } from './mux-stream.js';
import type { StreamSender } from './stream-sender.js';
import { WindowBudget } from './receive-window.js';

/** The inside of a multiplexer: one pipe, its streams, and what the peer's frames do to them. */
export class MuxLink implements PipeReceiver, StreamHost, InboundLink {
  readonly windowBudget: WindowBudget;
  readonly streams: StreamTable;
  readonly resetsByCode: Record<ResetCode, number>;
  readonly #pipe: BytePipe;
  readonly #options: MultiplexerOptions;
  readonly #limits: MuxLimits;
  readonly #ping: LinkPing;
  readonly #ids: StreamIds;
  readonly #outlet: FrameOutlet;
  readonly #reader: FrameReader;
  readonly #trace: FrameTrace | undefined;
  readonly #onClosed: (end: PipeEnd) => void;
  #isOpen = true;
  #isCut = false;
  #hasGoneAway = false;
  #hasPeerGoneAway = false;
  /** Set: opens and takes no more streams. */
  #closeCode: PipeCloseCode | undefined;

  constructor(pipe: BytePipe, options: MultiplexerOptions, onClosed: (end: PipeEnd) => void) {
    this.#pipe = pipe;
    this.#options = options;
    this.#onClosed = onClosed;
    this.#limits = muxLimits(options.limits);
    this.windowBudget = new WindowBudget(this.#limits.linkWindowExtraMaxBytes);
    this.resetsByCode = emptyResetCounts();
    this.#ids = new StreamIds(options.role);
    this.streams = new StreamTable(this.#limits.linkUnreadMaxBytes, options.unreadAccount);
    this.#trace = traceFrames();
    this.#outlet = new FrameOutlet(pipe, this.#trace, this.#numberFirstFrame, () => {
      this.destroy('limit', new MuxViolation('the peer sends pings and does not read the answers'));
    });
    this.#ping = new LinkPing((value) => {
      this.#outlet.addControl(FRAME_TYPES.ping, FRAME_FLAGS.syn, 0, value);
    });
    this.#reader = new FrameReader(new InboundFrames(this.#ids, this.streams, this));
  }

  get streamWindowMaxBytes(): number {
    return this.#limits.streamWindowMaxBytes;
  }

  open<T extends MuxStream>(make: (host: StreamHost) => T): T {
    const stream = make(this);
    const refusal = this.#refusal();
    if (refusal !== undefined) {
      stream.destroy(refusal);
      return stream;
    }
    this.streams.addOwn(stream);
    this.offer(stream.sender);
    return stream;
  }

  askPing(): Promise<number> {
    return this.#isOpen ? this.#ping.ask() : Promise.reject(new MuxStreamError('expired', 'the link is gone'));
  }

  goAway(): void {
    if (this.#hasGoneAway) return;
    this.#hasGoneAway = true;
    this.#outlet.addControl(FRAME_TYPES.goAway, 0, 0, GO_AWAY_CODES.normal);
  }

  /** Opens and takes no more streams; when the last has ended the pipe closes. */
  close(code: PipeCloseCode): void {
    if (this.#closeCode !== undefined || !this.#isOpen) return;
    this.#closeCode = code;
    this.goAway();
    this.#closeWhenEmpty();
  }

  destroy(code: PipeCloseCode, cause?: unknown): void {
    if (!this.#isOpen || this.#isCut) return;
    this.#isCut = true;
    this.#reader.stop();
    this.#sendReasonOfEnd(code);
    this.#outlet.flushControl();
    this.#outlet.close();
    this.#pipe.destroy(code, cause);
  }

  // StreamHost.

  readonly roundTripMs = (): number | undefined => this.#pipe.roundTripMs ?? this.#ping.roundTripMs();

  offer(sender: StreamSender): void {
    this.#outlet.offer(sender);
  }

  sendCredit(sender: StreamSender, byteCount: number): void {
    if (sender.id === undefined) return;
    const flags = sender.takeAcknowledgement();
    this.#outlet.addControl(FRAME_TYPES.windowUpdate, flags, sender.id, byteCount);
  }

  countUnread(stream: MuxStream, before: number, after: number): void {
    this.streams.countUnread(stream, before, after);
  }

  release(stream: MuxStream): void {
    if (this.streams.remove(stream, this.#isOwn(stream)) && this.#closeCode !== undefined) this.#closeWhenEmpty();
  }

  abandon(stream: MuxStream, code: ResetCode): void {
    const { id } = stream;
    if (!this.streams.remove(stream, this.#isOwn(stream))) return;
    if (id !== undefined && this.#isOpen) this.#sendReset(id, code);
    if (this.#closeCode !== undefined) this.#closeWhenEmpty();
  }

  // InboundLink.

  accept(id: number): MuxStream | undefined {
    const { onStream } = this.#options;
    const isAccepting = onStream !== undefined && !this.#hasGoneAway;
    if (!isAccepting || this.streams.peersCount >= this.#limits.streamsMaxCount) {
      this.#sendReset(id, isAccepting ? 'limit' : 'refused');
      return undefined;
    }
    const stream = new MuxStream(this, 'interactive', id);
    this.streams.addPeers(id, stream);
    this.offer(stream.sender);
    callGuarded('the acceptor of streams of a link', () => {
      try {
        onStream(stream);
      } catch (error) {
        stream.reset('internal');
        throw error;
      }
    });
    return stream.destroyed ? undefined : stream;
  }

  countPeersReset(code: ResetCode): void {
    this.resetsByCode[code] += 1;
  }

  answerPing(value: number): void {
    this.#outlet.addControl(FRAME_TYPES.ping, FRAME_FLAGS.ack, 0, value);
  }

  onPong(value: number): void {
    this.#ping.onPong(value);
  }

  onGoAwayFrame(code: number): void {
    if (code === GO_AWAY_CODES.protocolError || code === GO_AWAY_CODES.internalError) {
      this.destroy(
        code === GO_AWAY_CODES.protocolError ? 'protocol-violation' : 'internal',
        `the peer sent GO_AWAY with code ${code}`,
      );
      return;
    }
    if (code !== GO_AWAY_CODES.normal) throw new MuxViolation(`GO_AWAY with the unknown code ${code}`);
    if (this.#hasPeerGoneAway) return;
    this.#hasPeerGoneAway = true;
    this.streams.failStreamsWithoutId(() => new MuxStreamError('refused', 'the peer takes no more streams'));
    callGuarded('the owner of a link', () => this.#options.onGoAway?.());
  }

  // PipeReceiver.

  onBytes(bytes: Buffer): void {
    this.#trace?.onReceived(bytes);
    try {
      this.#reader.push(bytes);
    } catch (error) {
      // A reader that stopped in the middle of a frame cannot go on, whatever threw.
      this.destroy(error instanceof MuxViolation ? 'protocol-violation' : 'internal', error);
    }
  }

  onWritable(): void {
    this.#outlet.flush();
  }

  onClosed(end: PipeEnd): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#reader.stop();
    this.#outlet.close();
    this.streams.failAll(() => new MuxStreamError('expired', `the link is gone (${end.code})`, { cause: end.cause }));
    this.#ping.end();
    this.#onClosed(end);
  }

  readonly #numberFirstFrame = (sender: StreamSender): number | undefined => {
    const id = this.#ids.takeOwn();
    if (id !== undefined) {
      this.streams.number(sender, id);
      return id;
    }
    // A link has ids for two thousand million streams; the next link starts at the first id again.
    this.goAway();
    this.streams.failStreamsWithoutId(() => new MuxStreamError('limit', 'the link has no more ids'));
    return undefined;
  };

  #refusal(): MuxStreamError | undefined {
    if (!this.#isOpen || this.#isCut) return new MuxStreamError('expired', 'the link is gone');
    if (this.#closeCode !== undefined || this.#hasPeerGoneAway)
      return new MuxStreamError('refused', 'the link takes no more streams');
    if (this.streams.ownCount >= this.#limits.streamsMaxCount)
      return new MuxStreamError('limit', `the link has ${this.streams.ownCount} streams of ours`);
    return undefined;
  }

  #isOwn(stream: MuxStream): boolean {
    return stream.id === undefined || this.#ids.isOwn(stream.id);
  }

  #sendReset(id: number, code: ResetCode): void {
    this.resetsByCode[code] += 1;
    this.#outlet.addControl(FRAME_TYPES.windowUpdate, FRAME_FLAGS.rst, id, RESET_CODES[code]);
  }

  #sendReasonOfEnd(code: PipeCloseCode): void {
    const isPeersFault = code === 'protocol-violation' || code === 'limit';
    const unlessInternal = isPeersFault ? GO_AWAY_CODES.protocolError : GO_AWAY_CODES.normal;
    const value = code === 'internal' ? GO_AWAY_CODES.internalError : unlessInternal;
    this.#outlet.addControl(FRAME_TYPES.goAway, 0, 0, value);
  }

  #closeWhenEmpty(): void {
    if (this.streams.count > 0 || !this.#isOpen) return;
    this.#outlet.flushControl();
    this.#pipe.close(this.#closeCode ?? 'done');
  }
}
