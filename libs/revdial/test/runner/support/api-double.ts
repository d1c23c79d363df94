import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import type { WebSocket } from 'ws';

const FIXTURES = new URL('../../fixtures/', import.meta.url);

export function fixture(name: string): string {
  return readFileSync(new URL(name, FIXTURES), 'utf8');
}

/** What the double does with a request: serve it, or one of the ways to fail. */
export type Answer =
  | 'serve'
  | 'cut'
  | 'silent'
  /** Hijack only: 200 and never a line. */
  | 'head-only'
  /** Hijack only: 200, then cut. */
  | 'head-and-cut'
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: string };

export interface ControlPeer {
  readonly transport: 'hijack' | 'websocket';
  readonly runnerId: string;
  readonly request: IncomingMessage;
  /** But for its answers to keep-alives, which are counted. */
  readonly lines: string[];
  readonly keepAliveAnswerTimesMs: number[];
  readonly isOpen: () => boolean;
  write(text: string): void;
  /** Ends the connection without a word. */
  cut(): void;
  readonly websocket?: WebSocket;
}

interface Recorded {
  readonly kind: 'hijack' | 'websocket' | 'data' | 'later-generation';
  readonly url: string;
  readonly authorization: string | undefined;
  readonly atMs: number;
}

/** The API's end of generations 1 and 2, written by hand and able to misbehave. */
export class ApiDouble {
  hijack: Answer = 'serve';
  websocket: Answer = 'serve';
  data: Answer = 'serve';
  keepAliveIntervalMs = 50;
  readonly controls: ControlPeer[] = [];
  readonly requests: Recorded[] = [];
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #websockets = new WebSocketServer({ noServer: true, perMessageDeflate: false });
  readonly #dials = new Map<string, (websocket: WebSocket) => void>();
  readonly #scheme: 'http' | 'https';

  private constructor(server: Server, scheme: 'http' | 'https') {
    this.#server = server;
    this.#scheme = scheme;
    server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.setNoDelay(true);
      socket.on('error', () => undefined);
      socket.once('close', () => this.#sockets.delete(socket));
    });
    server.on('request', (request, response) => {
      this.#onRequest(request, response);
    });
    server.on('upgrade', (request, socket, head) => {
      this.#onUpgrade(request, socket, head);
    });
  }

  static async start(options: { readonly port?: number; readonly certificate?: string } = {}): Promise<ApiDouble> {
    const { certificate, port = 0 } = options;
    const server =
      certificate === undefined
        ? createHttpServer()
        : createHttpsServer({ key: fixture('test-server.key.pem'), cert: fixture(certificate) });
    const api = new ApiDouble(server, certificate === undefined ? 'http' : 'https');
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return api;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `${this.#scheme}://127.0.0.1:${String(this.port)}`;
  }

  /** The newest control connection that is open. */
  get control(): ControlPeer {
    const control = this.controls.findLast(({ isOpen }) => isOpen());
    if (control === undefined) throw new Error('no control connection is open');
    return control;
  }

  /** Asks the runner for a stream; resolves with its data WebSocket. */
  dial(control: ControlPeer = this.control): Promise<WebSocket> {
    const id = randomBytes(16).toString('hex');
    return new Promise((resolve) => {
      this.#dials.set(id, resolve);
      control.write(connReady(id));
    });
  }

  /** As a killed process: every connection cut, the port closed. */
  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #onRequest(request: IncomingMessage, response: ServerResponse): void {
    this.#record('hijack', request);
    const answer = this.hijack;
    const { socket } = request;
    if (answer === 'silent') return;
    if (answer === 'cut') {
      socket.destroy();
    } else if (typeof answer === 'object') {
      response.writeHead(answer.status, answer.headers).end(answer.body ?? '');
    } else {
      response.detachSocket(socket);
      socket.removeAllListeners('data').removeAllListeners('end').removeAllListeners('timeout').setTimeout(0);
      socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n');
      if (answer === 'head-and-cut') socket.end();
      if (answer === 'serve') this.#serveHijack(request, socket);
    }
  }

  #serveHijack(request: IncomingMessage, socket: Socket): void {
    const heard = new HeardLines();
    socket.on('data', (chunk) => {
      heard.take(chunk);
    });
    socket.on('end', () => socket.destroy());
    socket.resume();
    this.#serve(request, {
      transport: 'hijack',
      lines: heard.lines,
      keepAliveAnswerTimesMs: heard.keepAliveAnswerTimesMs,
      isOpen: () => !socket.destroyed,
      write: (text) => void socket.write(text),
      cut: () => void socket.destroy(),
    });
  }

  #onUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const isData = request.url?.includes('revdial.dialer=') === true;
    const isWebSocket = request.headers.upgrade === 'websocket';
    this.#record(isData ? 'data' : isWebSocket ? 'websocket' : 'later-generation', request);
    const hasRunner = isData || request.url?.includes('runnerid=') === true;
    const served = isData ? this.data : this.websocket;
    const answer = !isWebSocket ? { status: 426 } : hasRunner ? served : { status: 400, body: 'runnerid is required' };
    if (answer === 'silent') return;
    if (answer === 'cut') {
      socket.destroy();
    } else if (typeof answer === 'object') {
      const headers = Object.entries({ ...answer.headers, Connection: 'close' }).map(
        ([name, value]) => `${name}: ${value}\r\n`,
      );
      socket.end(`HTTP/1.1 ${String(answer.status)} Refused\r\n${headers.join('')}\r\n${answer.body ?? ''}`);
    } else {
      this.#websockets.handleUpgrade(request, socket, head, (websocket) => {
        websocket.on('error', () => undefined);
        if (isData) this.#dials.get(requestId(request))?.(websocket);
        else this.#serveWebSocket(request, websocket);
      });
    }
  }

  #serveWebSocket(request: IncomingMessage, websocket: WebSocket): void {
    const heard = new HeardLines();
    websocket.on('message', (bytes: Buffer) => {
      heard.take(bytes);
    });
    this.#serve(request, {
      transport: 'websocket',
      lines: heard.lines,
      keepAliveAnswerTimesMs: heard.keepAliveAnswerTimesMs,
      isOpen: () => websocket.readyState === websocket.OPEN,
      write: (text) => {
        websocket.send(Buffer.from(text));
      },
      cut: () => {
        websocket.terminate();
      },
      websocket,
    });
  }

  #serve(request: IncomingMessage, peer: Omit<ControlPeer, 'runnerId' | 'request'>): void {
    const runnerId = new URL(request.url ?? '', 'http://api').searchParams.get('runnerid') ?? '';
    const control = { ...peer, runnerId, request };
    this.controls.push(control);
    control.write('{"command":"keep-alive"}\n');
    const timer = setInterval(() => {
      if (!control.isOpen()) clearInterval(timer);
      else if (this.keepAliveIntervalMs > 0) control.write('{"command":"keep-alive"}\n');
    }, this.keepAliveIntervalMs || 50);
    timer.unref();
  }

  #record(kind: Recorded['kind'], request: IncomingMessage): void {
    this.requests.push({
      kind,
      url: request.url ?? '',
      authorization: request.headers.authorization,
      atMs: performance.now(),
    });
  }
}

class HeardLines {
  readonly lines: string[] = [];
  readonly keepAliveAnswerTimesMs: number[] = [];

  take(bytes: Buffer): void {
    for (const line of bytes.toString().split('\n').filter(Boolean)) {
      if (line === '{"command":"keep-alive"}') this.keepAliveAnswerTimesMs.push(performance.now());
      else this.lines.push(line);
    }
  }
}

/** The line that asks for one pick-up. */
export function connReady(requestId: string): string {
  return `{"command":"conn-ready","connPath":"/revdial?revdial.dialer=${'d'.repeat(32)}&revdial.req=${requestId}"}\n`;
}

function requestId(request: IncomingMessage): string {
  return new URL(request.url ?? '', 'http://api').searchParams.get('revdial.req') ?? '';
}

/** Everything a data connection says until it closes. */
export async function readAll(websocket: WebSocket): Promise<{ readonly bytes: Buffer; readonly code: number }> {
  const chunks: Buffer[] = [];
  websocket.on('message', (chunk: Buffer) => chunks.push(chunk));
  const [code] = (await once(websocket, 'close')) as [number];
  return { bytes: Buffer.concat(chunks), code };
}
