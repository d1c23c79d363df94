import { callGuarded } from '../defect.js';
import { MuxStream } from '../mux/mux-stream.js';
import { MuxStreamError } from '../mux/reset-code.js';
import type { StreamClass } from '../tunnel-stream.js';
import type { StreamHost } from '../mux/mux-stream.js';
import { RevDialError } from '../revdial-error.js';
import type { RevDialErrorCode } from '../revdial-error.js';
import { DialAnswerReader, encodePreamble } from './dial-codec.js';
import { dialErrorOf, refusalErrorOf } from './dial-errors.js';

type Callback = (error?: Error | null) => void;

export interface DialStreamOptions {
  /** A runner id. */
  readonly target: string;
  readonly streamClass: StreamClass;
  /** The acceptor has connected; once. */
  readonly onPickedUp: () => void;
}

/**
 * One multiplexed link carries the streams of all runners of an agent, so a stream has to say which runner it is for, and the agent
 * whether it could connect to that runner's local service. Waiting for that answer would cost each dial a round trip. So the
 * opener sends a preamble and its payload at once, and reads the answer as the first bytes that come back:
 *
 *   opener   ── preamble (version, class, target) ── payload … ──▶  acceptor (an agent) ──▶ local service
 *   opener   ◀── 0x00, then the service's payload …                 connected
 *            ◀── 0x01, code, reason, end                            refused
 *
 * `dial-codec.ts` has these bytes, `dial-errors.ts` what refusals and cut streams mean to the caller.
 *
 * A DialStream is the opener's end. Its reader gets what follows the answer; a refusal becomes an error. Fails only with
 * RevDialErrors. Subclasses MuxStream instead of wrapping it: a second stream around each would cost as much as the multiplexer
 * itself, and screenshots pass here.
 */
export class DialStream extends MuxStream {
  /** Payload, without preamble and answer. */
  bytesRead = 0;
  bytesWritten = 0;
  protected override readonly isReadAfterCut = true;
  readonly #onPickedUp: () => void;
  #preamble: Buffer | undefined;
  #isPreambleInFlight = false;
  #answer: DialAnswerReader | undefined = new DialAnswerReader();
  #onAnswered: ((errorCode?: RevDialErrorCode) => void) | undefined;

  constructor(host: StreamHost, options: DialStreamOptions) {
    super(host, options.streamClass);
    this.#preamble = encodePreamble({ target: options.target, streamClass: options.streamClass });
    this.#onPickedUp = options.onPickedUp;
    // The preamble leaves with what is written in this turn, or alone: with some services it is the service that speaks first.
    setImmediate(() => {
      this.#sendPreamble();
    });
  }

  /** Has the acceptor connected? */
  get isPickedUp(): boolean {
    return this.#answer === undefined;
  }

  /** Calls the listener when the acceptor has connected, or with the error of a dial that failed before. Once, for one listener. */
  onceAnswered(listener: (errorCode?: RevDialErrorCode) => void): void {
    this.#onAnswered = listener;
    this.once('close', () => {
      const { errored } = this;
      this.#reportAnswer(errored instanceof RevDialError ? errored.code : undefined);
    });
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
      this.#reportAnswer(undefined);
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

  /** The sender compares Node's count of waiting bytes with what it was given, which includes the preamble in the first write. */
  override get isLastWriteKnown(): boolean {
    return !this.#isPreambleInFlight && super.isLastWriteKnown;
  }

  #writeFirst(writes: readonly { readonly chunk: Buffer }[], callback: Callback): void {
    const preamble = this.#preamble;
    this.#preamble = undefined;
    this.#isPreambleInFlight = true;
    super._writev(preamble === undefined ? writes : [{ chunk: preamble }, ...writes], (error) => {
      this.#isPreambleInFlight = false;
      callback(error);
    });
  }

  #reportAnswer(errorCode: RevDialErrorCode | undefined): void {
    const listener = this.#onAnswered;
    this.#onAnswered = undefined;
    listener?.(errorCode);
  }

  #sendPreamble(): void {
    if (this.#preamble === undefined || this.destroyed || this.writableEnded) return;
    // `_write` adds the preamble.
    this.write(Buffer.alloc(0));
  }
}
