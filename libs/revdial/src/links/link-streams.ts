import type { Duplex } from 'node:stream';
import type { RevDialError } from '../revdial-error.js';

/** One that counts its payload. */
type CountedStream = Duplex & { readonly bytesRead: number; readonly bytesWritten: number };

/** The streams of one link: counted, drained or cut together. */
export class LinkStreams {
  readonly #open = new Set<CountedStream>();
  #closedBytesIn = 0;
  #closedBytesOut = 0;
  #onEmpty: (() => void) | undefined;

  get count(): number {
    return this.#open.size;
  }

  add(stream: CountedStream): void {
    this.#open.add(stream);
    // A parked stream may have no listener; its error must not become an uncaught error.
    stream.on('error', ignoreError);
    stream.once('close', () => {
      this.#open.delete(stream);
      this.#closedBytesIn += stream.bytesRead;
      this.#closedBytesOut += stream.bytesWritten;
      if (this.#open.size === 0) this.#onEmpty?.();
    });
  }

  /** Payload bytes of all streams there were. */
  bytes(): { readonly in: number; readonly out: number } {
    let bytesIn = this.#closedBytesIn;
    let bytesOut = this.#closedBytesOut;
    for (const stream of this.#open) {
      bytesIn += stream.bytesRead;
      bytesOut += stream.bytesWritten;
    }
    return { in: bytesIn, out: bytesOut };
  }

  /** Resolves when every stream has ended; after `graceMs` the rest is cut with `error`. Never rejects. */
  drain(graceMs: number, error: RevDialError): Promise<void> {
    if (this.#open.size === 0) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.destroy(error);
      }, graceMs);
      const previous = this.#onEmpty;
      this.#onEmpty = () => {
        clearTimeout(timer);
        this.#onEmpty = undefined;
        previous?.();
        resolve();
      };
    });
  }

  destroy(error: RevDialError): void {
    for (const stream of this.#open) stream.destroy(error);
  }
}

function ignoreError(): void {
  return undefined;
}
