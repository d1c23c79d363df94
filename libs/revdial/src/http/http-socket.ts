import { EventEmitter } from 'node:events';
import type { Duplex } from 'node:stream';
import { reportDefect } from '../defect.js';
import { RevDialError } from '../revdial-error.js';
import { InterimAnswers } from './interim-answers.js';

const PASSED_ON = ['drain', 'finish'] as const;

/**
 * What undici has in its hands in place of the stream: as much of a socket as it uses, and nothing is copied or held.
 *
 * - A full reader is waited for here, by handing out nothing, and never in undici's parser: when a service ends its connection while
 *   that is paused, undici fails an assertion that its caller cannot catch (nodejs/undici#5360).
 * - Whatever else undici throws at an event ends the stream, not the process.
 * - Interim answers are passed over.
 */
export class HttpSocket extends EventEmitter {
  readonly #stream: Duplex;
  readonly #interim = new InterimAnswers();
  #last: Buffer | undefined;
  #isHeld = false;

  constructor(stream: Duplex) {
    super();
    this.#stream = stream;
  }

  /** Once, when undici takes it. */
  open(): void {
    const stream = this.#stream;
    stream.on('readable', () => this.#tell('readable'));
    stream.once('end', () => {
      this.#last = this.#interim.flush();
      // The beginning of an answer that never came: undici is to know that there was one.
      if (this.#last !== undefined) this.#tell('readable');
      this.#tell('end');
    });
    stream.on('error', (error) => this.#tell('error', error));
    stream.once('close', () => this.#tell('close'));
    for (const event of PASSED_ON) stream.on(event, () => this.#tell(event));
  }

  /** A request is sent. */
  expectAnswer(): void {
    this.#interim.expectAnswer();
  }

  /** The reader of the answer has enough for now. */
  hold(): void {
    this.#isHeld = true;
  }

  /** It wants more. Not to be called while it reads. */
  release(): void {
    if (!this.#isHeld) return;
    this.#isHeld = false;
    this.#tell('readable');
  }

  /** The answer is over. Told from within undici, which reads on by itself. */
  letGo(): void {
    this.#isHeld = false;
  }

  // What undici uses of a socket.

  get destroyed(): boolean {
    return this.#stream.destroyed;
  }

  get errored(): Error | null {
    return this.#stream.errored;
  }

  get writableNeedDrain(): boolean {
    return this.#stream.writableNeedDrain;
  }

  read(): Buffer | null {
    const last = this.#last;
    this.#last = undefined;
    if (last !== undefined) return last;
    while (!this.#isHeld) {
      const bytes: unknown = this.#stream.read();
      if (!(bytes instanceof Buffer)) return null;
      const rest = this.#interim.push(bytes);
      if (rest.length > 0) return rest;
    }
    return null;
  }

  unshift(bytes: Buffer): void {
    this.#stream.unshift(bytes);
  }

  write(bytes: Buffer | string, encoding: BufferEncoding = 'utf8'): boolean {
    return this.#stream.write(bytes, encoding);
  }

  cork(): void {
    this.#stream.cork();
  }

  uncork(): void {
    this.#stream.uncork();
  }

  destroy(error?: Error): this {
    this.#stream.destroy(error);
    return this;
  }

  /** That it has one makes it a stream in undici's eyes. */
  pipe(): never {
    throw new Error('undici is not known to pipe a socket');
  }

  #tell(event: string, ...values: unknown[]): void {
    if (event === 'error' && this.listenerCount('error') === 0) return;
    try {
      this.emit(event, ...values);
    } catch (error) {
      reportDefect(`the HTTP client at '${event}' of a stream`, error);
      this.#stream.destroy(new RevDialError('UPSTREAM_INVALID', 'the answer broke the HTTP client', { cause: error }));
    }
  }
}
