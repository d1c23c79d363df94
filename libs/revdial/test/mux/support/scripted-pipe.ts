import type { BytePipe, PipeCloseCode, PipeEnd, PipeReceiver } from '@helix/revdial';
import { parseFrames } from './frames.js';
import type { Frame } from './frames.js';

/** A pipe whose other end is the test: it says what comes, how much may be written, and keeps what was. */
export class ScriptedPipe implements BytePipe {
  roundTripMs: number | undefined;
  writableBytes = 64 * 1024;
  end: PipeEnd | undefined;
  writeCount = 0;
  #written: Buffer[] = [];
  #receiver: PipeReceiver | undefined;

  start(receiver: PipeReceiver): void {
    this.#receiver = receiver;
  }

  write(chunks: readonly Buffer[]): void {
    if (this.end !== undefined) return;
    this.writeCount += 1;
    // Copied: the wire has bytes, and a write into a buffer after it was sent is noticed.
    const bytes = Buffer.concat(chunks);
    this.#written.push(bytes);
    this.writableBytes = Math.max(0, this.writableBytes - bytes.length);
  }

  pause(): void {
    throw new Error('not expected in this test');
  }

  resume(): void {
    throw new Error('not expected in this test');
  }

  close(code: PipeCloseCode, reason = ''): void {
    this.#close({ code, reason, byPeer: false });
  }

  destroy(code: PipeCloseCode, cause?: unknown): void {
    this.#close({ code, reason: '', byPeer: false, cause });
  }

  receive(...bytes: readonly Buffer[]): void {
    this.#receiver?.onBytes(Buffer.concat(bytes));
  }

  /** The pipe takes so many bytes more. */
  allow(byteCount: number): void {
    this.writableBytes += byteCount;
    this.#receiver?.onWritable();
  }

  /** The frames written since the last call. */
  takeFrames(): Frame[] {
    return parseFrames(this.takeBytes());
  }

  takeBytes(): Buffer {
    const bytes = Buffer.concat(this.#written);
    this.#written = [];
    return bytes;
  }

  #close(end: PipeEnd): void {
    if (this.end !== undefined) return;
    this.end = end;
    this.#receiver?.onClosed(end);
  }
}

/** What was planned for the end of this turn has happened. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
