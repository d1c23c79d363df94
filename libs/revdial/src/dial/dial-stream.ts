import { callGuarded } from '../defect.js';
import { MuxStream } from '../mux/mux-stream.js';
import { MuxStreamError } from '../mux/mux-stream-error.js';
import type { StreamClass } from '../mux/stream-class.js';
import type { StreamHost } from '../mux/stream-host.js';
import { RevDialError } from '../revdial-error.js';
import { DialAnswerReader } from './dial-answer-reader.js';
import { dialErrorOf } from './dial-error.js';
import { encodePreamble } from './preamble.js';
import { refusalErrorOf } from './refusal-error.js';

type Callback = (error?: Error | null) => void;

export interface DialStreamOptions {
  /** A runner id. */
  readonly target: string;
  readonly streamClass: StreamClass;
  /** The acceptor has connected; once. */
  readonly onPickedUp: () => void;
}

/**
 * The opener's end of a dial. May be written to at once: the preamble and the first bytes travel with the opening. What the
 * reader gets begins behind the acceptor's answer; a refusal is an error instead. Fails with RevDialErrors only.
 *
 * A subclass and not a wrapper: pictures pass here, and a second stream around each would cost as much as the multiplexer.
 */
export class DialStream extends MuxStream {
  /** Payload, without preamble and answer. */
  bytesRead = 0;
  bytesWritten = 0;
  protected override readonly isReadAfterCut = true;
  readonly #onPickedUp: () => void;
  #preamble: Buffer | undefined;
  #isPreambleOnItsWay = false;
  #answer: DialAnswerReader | undefined = new DialAnswerReader();

  constructor(host: StreamHost, options: DialStreamOptions) {
    super(host, options.streamClass);
    this.#preamble = encodePreamble({ target: options.target, streamClass: options.streamClass });
    this.#onPickedUp = options.onPickedUp;
    // The preamble leaves with what is written in this turn, or alone: the acceptor is to connect whoever speaks first.
    setImmediate(() => {
      this.#sendPreamble();
    });
  }

  /** Has the acceptor connected? */
  get isPickedUp(): boolean {
    return this.#answer === undefined;
  }

  override deliver(bytes: Buffer): void {
    if (this.destroyed) return;
    const reader = this.#answer;
    if (reader === undefined) {
      this.bytesRead += bytes.length;
      super.deliver(bytes);
      return;
    }
    try {
      const read = reader.push(bytes);
      if (read?.answer === 'refused') {
        this.destroy(refusalErrorOf(read.refusal));
        return;
      }
      this.skip(bytes.length - (read?.rest.length ?? 0));
      if (read === undefined) return;
      this.#answer = undefined;
      callGuarded('the owner of a dial', this.#onPickedUp);
      if (read.rest.length > 0) this.deliver(read.rest);
    } catch (error) {
      if (!(error instanceof RevDialError)) throw error;
      this.destroy(error);
    }
  }

  override deliverEnd(): void {
    if (this.#answer === undefined) super.deliverEnd();
    else this.destroy(new RevDialError('SERVICE_DOWN', 'the runner ended the stream without an answer'));
  }

  override destroy(error?: Error): this {
    return super.destroy(error instanceof MuxStreamError ? dialErrorOf(error, this.isPickedUp) : error);
  }

  override _write(chunk: Buffer, encoding: BufferEncoding, callback: Callback): void {
    this.bytesWritten += chunk.length;
    if (this.#preamble === undefined) super._write(chunk, encoding, callback);
    else this.#writeFirst([{ chunk }], callback);
  }

  override _writev(writes: readonly { readonly chunk: Buffer }[], callback: Callback): void {
    for (const { chunk } of writes) this.bytesWritten += chunk.length;
    if (this.#preamble === undefined) super._writev(writes, callback);
    else this.#writeFirst(writes, callback);
  }

  override _final(callback: Callback): void {
    if (this.#preamble === undefined) super._final(callback);
    else
      this.#writeFirst([], (error) => {
        if (error) callback(error);
        else super._final(callback);
      });
  }

  /** The sender compares what Node has waiting with what it was given, which is more while the preamble is among it. */
  override get isLastWriteKnown(): boolean {
    return !this.#isPreambleOnItsWay && super.isLastWriteKnown;
  }

  #writeFirst(writes: readonly { readonly chunk: Buffer }[], callback: Callback): void {
    const preamble = this.#preamble;
    this.#preamble = undefined;
    this.#isPreambleOnItsWay = true;
    super._writev(preamble === undefined ? writes : [{ chunk: preamble }, ...writes], (error) => {
      this.#isPreambleOnItsWay = false;
      callback(error);
    });
  }

  #sendPreamble(): void {
    if (this.#preamble === undefined || this.destroyed || this.writableEnded) return;
    // Becomes the preamble alone.
    this.write(Buffer.alloc(0));
  }
}
