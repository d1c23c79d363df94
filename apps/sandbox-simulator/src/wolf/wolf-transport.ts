import { once } from 'node:events';
import { rename, rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { sendReply, type AnswerSink } from './answer-sink.js';
import { WolfRequestParser, type WolfRequest } from './request-parser.js';
import { CONNECTIONS_MAX_COUNT } from './wolf-limits.js';
import { CHUNKED_REFUSED, TOO_LARGE } from './wolf-reply.js';

export type RequestListener = (request: WolfRequest, sink: AnswerSink) => void;

/**
 * Wolf's socket: raw, as a polite HTTP server would add what Wolf does not send. One request for each connection; what
 * is pipelined after it stays unread, so that the close resets the connection as it does in life.
 */
export class WolfTransport {
  readonly #path: string;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  constructor(path: string, onRequest: RequestListener) {
    this.#path = path;
    // Half-open, so that a client which ended its side still gets its answer.
    this.#server = createServer({ allowHalfOpen: true }, (socket) => {
      this.#accept(socket, onRequest);
    });
    this.#server.maxConnections = CONNECTIONS_MAX_COUNT;
  }

  get connectionCount(): number {
    return this.#sockets.size;
  }

  /**
   * Listens under a passing name and renames: the old file is replaced by a new inode, and Node, which removes what it
   * has bound when it closes, will not find it. So a crash leaves the file behind.
   */
  async listen(): Promise<void> {
    const passingPath = `${this.#path}~`;
    await rm(passingPath, { force: true });
    this.#server.listen(passingPath);
    await once(this.#server, 'listening');
    await rename(passingPath, this.#path);
  }

  /** Cuts everything and refuses from now on; the file stays. */
  async destroy(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  async removeFile(): Promise<void> {
    await rm(this.#path, { force: true });
  }

  #accept(socket: Socket, onRequest: RequestListener): void {
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    const parser = new WolfRequestParser();
    const read = (bytes: Buffer): void => {
      const progress = parser.push(bytes);
      if (progress.state === 'incomplete') return;
      socket.off('data', read);
      socket.pause();
      switch (progress.state) {
        case 'complete':
          onRequest(progress.request, socket);
          return;
        case 'chunked':
          sendReply(socket, CHUNKED_REFUSED);
          return;
        case 'too-large':
          sendReply(socket, TOO_LARGE);
          return;
        case 'garbage':
          socket.destroy();
          return;
        default:
          progress satisfies never;
      }
    };
    socket.on('data', read);
    // Before the request is whole, an end means that nobody waits. Afterwards the socket is paused and never says so.
    socket.on('end', () => socket.destroy());
  }
}
