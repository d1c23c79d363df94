import { createHash } from 'node:crypto';
import type { PipeEnd, PipeReceiver } from '../../src/carrier/byte-pipe.js';

/** Keeps what it is given: all of it, or only its digest. */
export class RecordingReceiver implements PipeReceiver {
  readonly ends: PipeEnd[] = [];
  byteCount = 0;
  writableCount = 0;
  onWrite: () => void = () => undefined;
  onEach: (bytes: Buffer) => void = () => undefined;
  readonly #chunks: Buffer[] = [];
  readonly #hash = createHash('sha256');
  readonly #keeps: boolean;

  constructor(keeps = true) {
    this.#keeps = keeps;
  }

  get bytes(): Buffer {
    return Buffer.concat(this.#chunks);
  }

  get text(): string {
    return this.bytes.toString('latin1');
  }

  get digest(): string {
    return this.#hash.copy().digest('hex');
  }

  get end(): PipeEnd | undefined {
    return this.ends[0];
  }

  onBytes(bytes: Buffer): void {
    this.byteCount += bytes.length;
    this.#hash.update(bytes);
    if (this.#keeps) this.#chunks.push(Buffer.from(bytes));
    this.onEach(bytes);
  }

  onWritable(): void {
    this.writableCount += 1;
    this.onWrite();
  }

  onClosed(end: PipeEnd): void {
    this.ends.push(end);
  }
}
