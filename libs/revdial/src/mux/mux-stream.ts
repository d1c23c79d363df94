import { TunnelStream } from '../tunnel-stream.js';
import { STREAM_WRITE_BUFFER_BYTES } from './limits.js';
import { MuxStreamError } from './reset-code.js';
import { ReceiveWindow } from './receive-window.js';
import type { WindowBudget } from './receive-window.js';
import type { ResetCode } from './reset-code.js';
import type { StreamClass } from '../tunnel-stream.js';
import { StreamSender } from './stream-sender.js';
import type { SenderOwner } from './stream-sender.js';
import { UnreadBacklog } from './unread-backlog.js';

/** What a stream asks of its link. */
export interface StreamHost {
  readonly windowBudget: WindowBudget;
  readonly streamWindowMaxBytes: number;
  /** Undefined while it is not known; asking finds it out. */
  readonly roundTripMs: () => number | undefined;
  /** The sender may have something to send now. */
  offer(sender: StreamSender): void;
  sendCredit(sender: StreamSender, byteCount: number): void;
  countUnread(stream: MuxStream, before: number, after: number): void;
  /** Both directions ended: nothing more of it comes or goes on the wire. */
  release(stream: MuxStream): void;
  /** The stream was cut here: the peer, if it knows of it, is told why. */
  abandon(stream: MuxStream, code: ResetCode): void;
}

type Callback = (error?: Error | null) => void;

/**
 * One byte stream of a link. Each direction ends on its own (`end` here, `end` event there). `destroy(error)` and `reset(code)`
 * cut both and tell the peer why: the code of a MuxStreamError, else `cancelled`. Fails with a MuxStreamError: the peer's code
 * when the peer cut it, `expired` when the link is gone, `refused` or `limit` when it could not be opened.
 *
 * Node's own buffer holds at most one piece; other unread bytes wait in a backlog that counts them exactly.
 */
export class MuxStream extends TunnelStream implements SenderOwner {
  readonly #host: StreamHost;
  readonly #sender: StreamSender;
  readonly #window: ReceiveWindow;
  readonly #backlog = new UnreadBacklog();
  #receivedBytes = 0;
  #readBytes = 0;
  /** As the link has counted it. */
  #countedUnreadBytes = 0;
  #isPieceWanted = false;
  /** The reader is in the middle of reading, or of handling a piece. */
  #isHandingOver = false;
  #isPumpPlanned = false;
  #hasPeerEnded = false;
  #isEndDelivered = false;
  #isEndReported = false;
  #resetCode: ResetCode | undefined;
  #writeCallback: Callback | undefined;
  #finalCallback: Callback | undefined;

  /** Made by the multiplexer. `acceptedId` is that of a stream which the peer opened. */
  constructor(host: StreamHost, streamClass: StreamClass, acceptedId?: number) {
    super({ readableHighWaterMark: 1, writableHighWaterMark: STREAM_WRITE_BUFFER_BYTES });
    this.#host = host;
    this.#sender = new StreamSender(this, streamClass, acceptedId);
    this.#window = new ReceiveWindow(host.windowBudget, host.streamWindowMaxBytes);
  }

  /** Undefined until the first frame has left. */
  get id(): number | undefined {
    return this.#sender.id;
  }

  get streamClass(): StreamClass {
    return this.#sender.streamClass;
  }

  /** Counts for what is sent from here on. */
  set streamClass(streamClass: StreamClass) {
    const sender = this.#sender;
    if (sender.streamClass === streamClass) return;
    sender.streamClass = streamClass;
    if (sender.leaveRing()) this.#host.offer(sender);
  }

  override get unreadBytes(): number {
    return this.destroyed ? 0 : this.readableLength + this.#backlog.byteLength;
  }

  get receiveWindowBytes(): number {
    return this.#window.sizeBytes;
  }

  /** Cuts the stream without an error here; the peer's end fails with the code. */
  reset(code: ResetCode): void {
    this.#resetCode = code;
    this.destroy();
  }

  // The multiplexer's side.

  get sender(): StreamSender {
    return this.#sender;
  }

  get hasPeerEnded(): boolean {
    return this.#hasPeerEnded;
  }

  /** A frame of so many bytes begins; false when the window does not allow it. */
  beginFrame(byteCount: number): boolean {
    return this.#window.take(byteCount);
  }

  /** False when no honest peer gives so much. */
  addCredit(byteCount: number): boolean {
    if (!this.#sender.addCredit(byteCount)) return false;
    this.#host.offer(this.#sender);
    return true;
  }

  /** Bytes of a frame that are not for the reader count as read. */
  protected skip(byteCount: number): void {
    this.#receivedBytes += byteCount;
    this.#countUnread();
  }

  deliver(bytes: Buffer): void {
    if (this.destroyed) return;
    this.#receivedBytes += bytes.length;
    if (this.#canPush() && this.#backlog.byteLength === 0 && !this.#wouldPin(bytes)) {
      this.#pushNow(bytes);
    } else {
      this.#backlog.append(bytes);
      this.#pump();
    }
    this.#countUnread();
  }

  deliverEnd(): void {
    if (this.#hasPeerEnded || this.destroyed) return;
    this.#hasPeerEnded = true;
    this.#window.close();
    this.#pump();
    this.#checkOver();
  }

  /** Cut by the peer or by the end of the link: the peer need not be told. */
  deliverReset(error: MuxStreamError): void {
    this.#host.release(this);
    if (!this.isReadAfterCut) {
      this.destroy(error);
      return;
    }
    this.cutWhenRead(error, this.#hasPeerEnded);
    if (this.destroyed) return;
    this.#sender.drop();
    this.#callBackWrites(null);
  }

  /** Does the reader get what had come before a cut? An acceptor fails at once instead: its service may never read on. */
  protected readonly isReadAfterCut: boolean = false;

  // SenderOwner.

  get isLastWriteKnown(): boolean {
    return this.writableEnded && this.writableLength <= this.#sender.byteCountOfWrite;
  }

  onSent(): void {
    const callback = this.#writeCallback;
    this.#writeCallback = undefined;
    this.callBack(callback, null);
  }

  onEndSent(): void {
    if (this.#isEndReported || this.destroyed) return;
    this.#isEndReported = true;
    const callback = this.#finalCallback;
    this.#finalCallback = undefined;
    this.#checkOver();
    this.callBack(callback, null);
  }

  // Duplex.

  /** All reads come through here, so consumed bytes are counted at once. Waiting bytes follow in a tick of their own. */
  override read(size?: number): unknown {
    const wasHandingOver = this.#isHandingOver;
    this.#isHandingOver = true;
    try {
      return super.read(size);
    } finally {
      this.#isHandingOver = wasHandingOver;
      this.#countUnread();
    }
  }

  override _read(): void {
    this.#isPieceWanted = true;
    if (this.#backlog.byteLength > 0 || this.#hasPeerEnded) this.#planPump();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: Callback): void {
    this.#send([chunk], chunk.length, callback);
  }

  override _writev(writes: readonly { readonly chunk: Buffer }[], callback: Callback): void {
    const chunks = writes.map(({ chunk }) => chunk);
    const byteCount = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
    this.#send(chunks, byteCount, callback);
  }

  override _final(callback: Callback): void {
    if (this.#isEndReported || this.isCut) {
      callback();
      return;
    }
    this.#finalCallback = callback;
    this.#sender.sendEnd();
    this.#host.offer(this.#sender);
  }

  override _destroy(error: Error | null, callback: Callback): void {
    // A subclass may have wrapped the error.
    const reason = error instanceof MuxStreamError ? error : error?.cause;
    const code = this.#resetCode ?? (reason instanceof MuxStreamError ? reason.code : 'cancelled');
    this.#host.abandon(this, code);
    this.#sender.drop();
    this.#backlog.clear();
    this.#window.close();
    this.#host.countUnread(this, this.#countedUnreadBytes, 0);
    this.#countedUnreadBytes = 0;
    callback(error);
    this.#callBackWrites(error ?? new MuxStreamError(code, 'the stream was cut'));
  }

  #send(chunks: readonly Buffer[], byteCount: number, callback: Callback): void {
    if (byteCount === 0 || this.isCut) {
      callback();
      return;
    }
    this.#writeCallback = callback;
    this.#sender.send(chunks, byteCount);
    this.#host.offer(this.#sender);
  }

  #callBackWrites(error: Error | null): void {
    const callbacks = [this.#writeCallback, this.#finalCallback];
    this.#writeCallback = undefined;
    this.#finalCallback = undefined;
    for (const callback of callbacks) this.callBack(callback, error);
  }

  /** Does Node want a piece, or would it pass it on at once? */
  #canPush(): boolean {
    if (this.#isHandingOver) return false;
    return this.#isPieceWanted || (this.readableFlowing === true && this.readableLength === 0);
  }

  /** A small view that is not read at once keeps a large block of memory alive. */
  #wouldPin(bytes: Buffer): boolean {
    return this.readableFlowing !== true && bytes.length * 4 < bytes.buffer.byteLength;
  }

  #pushNow(piece: Buffer | null): void {
    this.#isPieceWanted = false;
    this.#isHandingOver = true;
    try {
      this.push(piece);
    } finally {
      this.#isHandingOver = false;
    }
  }

  /** Hands over waiting pieces as far as the reader wants them; not within another hand-over, as a synchronous pipe would cause. */
  #pump(): void {
    if (this.#isHandingOver) {
      this.#planPump();
      return;
    }
    while (!this.destroyed && this.#canPush()) {
      const piece = this.#backlog.shift();
      if (piece === undefined) break;
      this.#pushNow(piece);
    }
    if (!this.#hasPeerEnded || this.#isEndDelivered || this.#backlog.byteLength > 0 || this.destroyed) return;
    this.#isEndDelivered = true;
    this.#pushNow(null);
  }

  #planPump(): void {
    if (this.#isPumpPlanned || this.#isEndDelivered) return;
    this.#isPumpPlanned = true;
    process.nextTick(this.#pumpPlanned);
  }

  readonly #pumpPlanned = (): void => {
    this.#isPumpPlanned = false;
    this.#pump();
    this.#countUnread();
  };

  #countUnread(): void {
    if (this.destroyed) return;
    const unread = this.unreadBytes;
    const read = this.#receivedBytes - unread - this.#readBytes;
    if (read > 0) {
      this.#readBytes += read;
      const credit = this.#hasPeerEnded || this.isCut ? 0 : this.#window.release(read, this.#host.roundTripMs);
      if (credit > 0) this.#host.sendCredit(this.#sender, credit);
      this.noteRead();
    }
    const before = this.#countedUnreadBytes;
    if (unread === before) return;
    this.#countedUnreadBytes = unread;
    this.#host.countUnread(this, before, unread);
  }

  #checkOver(): void {
    if (this.#hasPeerEnded && this.#isEndReported) this.#host.release(this);
  }
}
