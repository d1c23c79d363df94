import type { Duplex } from 'node:stream';

import { FrameReader, OPCODE, type Frame, type FrameError } from './frame-reader.js';
import { LINGER_MS, UNSENT_MAX_BYTES } from './moonlight-limits.js';
import { serverFrame } from './server-frame.js';
import type { ServerMessage } from './server-message.js';

export interface StreamSocketEvents {
  readonly onFrame: (frame: Frame | FrameError) => void;
  /** The connection is over. Comes once. */
  readonly onEnd: () => void;
}

/** One WebSocket on its raw connection: text out, frames in, and Close frames that are always empty. */
export class StreamSocket {
  readonly #connection: Duplex;
  readonly #reader = new FrameReader();
  readonly #events: StreamSocketEvents;
  #isMute = false;
  #isOver = false;
  #isClosing = false;
  #linger: NodeJS.Timeout | undefined;

  constructor(connection: Duplex, events: StreamSocketEvents) {
    this.#connection = connection;
    this.#events = events;
    connection.on('error', () => undefined);
    connection.on('data', (bytes: Buffer) => {
      this.#read(bytes);
    });
    connection.once('end', () => {
      this.destroy();
    });
    connection.once('close', () => {
      this.#over();
    });
  }

  get isOpen(): boolean {
    return !this.#isOver && !this.#isClosing;
  }

  /** Says it, unless the socket is closing already. */
  send(message: ServerMessage): void {
    if (!this.isOpen) return;
    this.#connection.write(serverFrame(OPCODE.text, Buffer.from(JSON.stringify(message))));
    if (this.#connection.writableLength > UNSENT_MAX_BYTES) this.destroy();
  }

  /** An empty Close frame, and the end of this side's bytes. */
  close(): void {
    if (!this.isOpen) return;
    this.#isClosing = true;
    this.#connection.end(serverFrame(OPCODE.close, Buffer.alloc(0)));
    this.#linger = setTimeout(() => {
      this.destroy();
    }, LINGER_MS);
  }

  /** Says nothing more; the next byte of the client ends the connection without a Close (moonlight-web §3.5, first row). */
  goMute(): void {
    this.#isMute = true;
  }

  destroy(): void {
    this.#connection.destroy();
    this.#over();
  }

  #read(bytes: Buffer): void {
    if (this.#isMute) this.destroy();
    for (const frame of this.#reader.read(bytes)) {
      if (this.#isOver) return;
      this.#events.onFrame(frame);
    }
  }

  #over(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearTimeout(this.#linger);
    this.#events.onEnd();
  }
}
