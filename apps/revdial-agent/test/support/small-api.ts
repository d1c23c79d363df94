import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { WebSocketServer } from 'ws';
import type { WebSocket } from 'ws';

export interface Control {
  readonly runnerId: string;
  readonly authorization: string | undefined;
  readonly atMs: number;
  readonly socket: Socket;
}

/** As much of the API as an agent needs: hijacked control connections and data connections. */
export class SmallApi {
  /** The status of control requests; 200 serves. */
  status = 200;
  readonly controls: Control[] = [];
  readonly requestTimesMs: number[] = [];
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #websockets = new WebSocketServer({ noServer: true, perMessageDeflate: false });
  #onData: ((websocket: WebSocket) => void) | undefined;

  private constructor(server: Server) {
    this.#server = server;
    server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.on('error', () => undefined);
      socket.once('close', () => this.#sockets.delete(socket));
    });
    server.on('request', (request, response) => {
      this.#onRequest(request, response);
    });
    server.on('upgrade', (request, socket, head) => {
      this.#websockets.handleUpgrade(request, socket, head, (websocket) => this.#onData?.(websocket));
    });
  }

  static async start(port = 0): Promise<SmallApi> {
    const api = new SmallApi(createServer());
    api.#server.listen(port, '127.0.0.1');
    await once(api.#server, 'listening');
    return api;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${String(this.port)}`;
  }

  get runnerIds(): readonly string[] {
    return this.controls.filter(({ socket }) => !socket.destroyed).map(({ runnerId }) => runnerId);
  }

  /** Asks a runner for a stream. One at a time. */
  dial(runnerId: string): Promise<WebSocket> {
    const control = this.controls.findLast((each) => each.runnerId === runnerId && !each.socket.destroyed);
    if (control === undefined) throw new Error(`${runnerId} is not connected`);
    return new Promise((resolve) => {
      this.#onData = resolve;
      control.socket.write('{"command":"conn-ready","connPath":"/revdial?revdial.dialer=d&revdial.req=r"}\n');
    });
  }

  /** As a killed process. */
  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #onRequest(request: IncomingMessage, response: ServerResponse): void {
    this.requestTimesMs.push(performance.now());
    if (this.status !== 200) {
      response.writeHead(this.status).end();
      return;
    }
    const { socket } = request;
    response.detachSocket(socket);
    socket.removeAllListeners('data').removeAllListeners('end').setTimeout(0);
    socket.on('end', () => socket.destroy());
    socket.resume();
    socket.write('HTTP/1.1 200 OK\r\n\r\n');
    setTimeout(() => socket.write('{"command":"keep-alive"}\n'), 20);
    this.controls.push({
      runnerId: new URL(request.url ?? '', 'http://api').searchParams.get('runnerid') ?? '',
      authorization: request.headers.authorization,
      atMs: performance.now(),
      socket,
    });
  }
}
