import { once } from 'node:events';
import { rename, rm } from 'node:fs/promises';
import { type Server, type Socket, createServer } from 'node:net';
import { CONNECTIONS_MAX_COUNT, REQUEST_BODY_MAX_BYTES, REQUEST_HEADER_MAX_BYTES } from './wolf-limits.js';
import { type AnswerSink, CHUNKED_REFUSED, TOO_LARGE, sendReply } from './wolf-reply.js';

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
    // Before the request is whole, an end means that the client has left. Afterwards the socket is paused and emits none.
    socket.on('end', () => socket.destroy());
  }
}

export type WolfMethod = 'GET' | 'POST' | 'PUT' | 'DELETE';

export interface WolfRequest {
  readonly method: WolfMethod;
  /** Without its query, which no endpoint here reads. */
  readonly path: string;
  readonly body: string;
}

type RequestProgress =
  | { readonly state: 'incomplete' }
  /** What follows on the connection is never read. */
  | { readonly state: 'complete'; readonly request: WolfRequest }
  /** Refused with its body unread. */
  | { readonly state: 'chunked' }
  | { readonly state: 'too-large' }
  | { readonly state: 'garbage' };

const INCOMPLETE: RequestProgress = { state: 'incomplete' };
const END_OF_HEADERS = '\r\n\r\n';

/** Reads one request as Wolf does (wolf-api §1.4): to the blank line, then exactly as many bytes as announced. */
class WolfRequestParser {
  #received = Buffer.alloc(0);

  push(bytes: Buffer): RequestProgress {
    this.#received = Buffer.concat([this.#received, bytes]);
    const headerBytes = this.#received.indexOf(END_OF_HEADERS);
    if (headerBytes < 0) {
      return this.#received.length > REQUEST_HEADER_MAX_BYTES ? { state: 'too-large' } : INCOMPLETE;
    }
    const [startLine = '', ...lines] = this.#received.toString('latin1', 0, headerBytes).split('\r\n');
    const headers = parseHeaders(lines);
    const start = /^([A-Za-z]+) (\S+) HTTP\/1\.[01]$/.exec(startLine);
    if (start === null) return { state: 'garbage' };
    if (headers.get('transfer-encoding')?.toLowerCase() === 'chunked') return { state: 'chunked' };
    // A body without an announced length is no body.
    const bodyBytes = Number.parseInt(headers.get('content-length') ?? '0', 10) || 0;
    if (bodyBytes > REQUEST_BODY_MAX_BYTES) return { state: 'too-large' };
    const bodyStart = headerBytes + END_OF_HEADERS.length;
    if (this.#received.length < bodyStart + bodyBytes) return INCOMPLETE;
    const [path = ''] = (start[2] ?? '').split('?', 1);
    const body = this.#received.toString('utf8', bodyStart, bodyStart + bodyBytes);
    return { state: 'complete', request: { method: methodOf(start[1]), path, body } };
  }
}

function parseHeaders(lines: readonly string[]): ReadonlyMap<string, string> {
  return new Map(
    lines.map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim()];
    }),
  );
}

/** What is none of the four acts as GET. */
function methodOf(word: string | undefined): WolfMethod {
  return word === 'POST' || word === 'PUT' || word === 'DELETE' ? word : 'GET';
}
