import type { Readable } from 'node:stream';
import { ExternalAgentError } from '../external-agent-error.js';

/** How many bytes on their way from and to desktops may be held at once on one replica, whoever they are for. */
export class ByteBudget {
  readonly #maxBytes: number;
  #heldBytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get heldBytes(): number {
    return this.#heldBytes;
  }

  /**
   * Counts what comes of the body while `read` collects it; past the budget the body is destroyed with BUSY.
   * `read` must begin to listen before it first waits.
   */
  async during<T>(body: Readable, read: () => Promise<T>): Promise<T> {
    let byteCount = 0;
    const count = (chunk: Buffer): void => {
      byteCount += chunk.length;
      this.#heldBytes += chunk.length;
      if (this.#heldBytes > this.#maxBytes) {
        body.destroy(new ExternalAgentError('BUSY', 'too much is under way from and to desktops; try again shortly'));
      }
    };
    body.on('data', count);
    try {
      return await read();
    } finally {
      body.off('data', count);
      this.#heldBytes -= byteCount;
    }
  }
}
