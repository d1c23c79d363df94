import { Worker } from 'node:worker_threads';

import { builtFile } from '../built-file.js';
import { JPEG_QUALITIES_COUNT, JPEG_REUSE_MS, JPEG_WORKER_IDLE_MS } from '../limits.js';
import type { JpegDelivery, JpegOrder } from './jpeg-worker.js';
import { picture, type Picture } from './picture.js';

interface Entry {
  readonly result: Promise<Picture>;
  doneAt: number | undefined;
}

interface Waiting {
  readonly resolve: (shown: Picture) => void;
  readonly reject: (reason: Error) => void;
}

/**
 * JPEG of the current picture, one for each quality, encoded in a thread so that a second of encoding holds up neither
 * PNG nor clipboard. Callers who ask for the same quality meanwhile, or within a second of it, share the result.
 */
export class JpegEncoder {
  readonly #source: () => Picture;
  readonly #byQuality = new Map<number, Entry>();
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | undefined;
  #idle: NodeJS.Timeout | undefined;
  #lastOrder = 0;

  constructor(source: () => Picture) {
    this.#source = source;
  }

  /** Rejects when as many qualities as may be are already being encoded, and when the encoder was closed. */
  async encode(quality: number): Promise<Picture> {
    const known = this.#byQuality.get(quality);
    if (known !== undefined && (known.doneAt === undefined || Date.now() - known.doneAt < JPEG_REUSE_MS)) {
      return known.result;
    }
    this.#forgetOld();
    if (this.#byQuality.size >= JPEG_QUALITIES_COUNT) throw new Error('too many qualities are being encoded');
    const entry: Entry = { result: this.#order(quality), doneAt: undefined };
    this.#byQuality.set(quality, entry);
    try {
      const encoded = await entry.result;
      entry.doneAt = Date.now();
      return encoded;
    } catch (error) {
      this.#byQuality.delete(quality);
      throw error;
    }
  }

  /** Ends the thread; who still waits is rejected. */
  async close(): Promise<void> {
    clearTimeout(this.#idle);
    const worker = this.#worker;
    this.#worker = undefined;
    this.#rejectAll(new Error('the encoder was closed'));
    await worker?.terminate();
  }

  #order(quality: number): Promise<Picture> {
    const png = Buffer.concat(this.#source().parts);
    const order: JpegOrder = { order: (this.#lastOrder += 1), png, quality };
    return new Promise<Picture>((resolve, reject) => {
      this.#waiting.set(order.order, { resolve, reject });
      this.#thread().postMessage(order);
    });
  }

  #thread(): Worker {
    clearTimeout(this.#idle);
    if (this.#worker !== undefined) return this.#worker;
    const worker = new Worker(builtFile('desktop/jpeg-worker.js'));
    worker.unref();
    worker.on('message', ({ order, jpeg }: JpegDelivery) => {
      const waiting = this.#waiting.get(order);
      this.#waiting.delete(order);
      waiting?.resolve(picture('image/jpeg', [Buffer.from(jpeg.buffer, jpeg.byteOffset, jpeg.byteLength)]));
      if (this.#waiting.size === 0) this.#idle = setTimeout(() => void this.close(), JPEG_WORKER_IDLE_MS).unref();
    });
    worker.on('error', (error) => {
      this.#worker = undefined;
      this.#rejectAll(error instanceof Error ? error : new Error(String(error)));
    });
    this.#worker = worker;
    return worker;
  }

  #rejectAll(reason: Error): void {
    for (const waiting of this.#waiting.values()) waiting.reject(reason);
    this.#waiting.clear();
  }

  #forgetOld(): void {
    for (const [quality, entry] of this.#byQuality) {
      if (entry.doneAt !== undefined && Date.now() - entry.doneAt >= JPEG_REUSE_MS) this.#byQuality.delete(quality);
    }
  }
}
