import { EventEmitter, once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { WebSocket } from 'ws';

export interface RawRunnerOptions {
  readonly generation: 1 | 2;
  readonly port: number;
  readonly runnerId: string;
  readonly token: string;
  /** Port of the local service; without one, pick-ups are the test's own. */
  readonly servicePort?: number;
  /** As the library's own end does on a hijacked link; the Go clients do not. */
  readonly answersKeepAlives?: boolean;
}

export interface DataConnection {
  readonly webSocket: WebSocket;
  readonly tcp: Socket;
}

/** The answer to a data connection that was refused. */
export interface DataRefusal {
  readonly status: number;
  readonly body: string;
}

/**
 * A runner written by hand after revdial-wire §2 and §3, independent of the library's own. Generation 1 behaves like the Go
 * client: it reads the head through a buffer and throws away whatever came in the same read.
 *
 * Events: `line` with each control line, `conn-ready` with each connPath, `end` when the control connection ended.
 */
export class RawRunner extends EventEmitter {
  readonly lines: string[] = [];
  readonly connPaths: string[] = [];
  readonly lostWithHead: string[] = [];
  readonly lineTimes: number[] = [];
  headAt = 0;
  head = '';
  controlSocket: Socket | undefined;
  controlWebSocket: WebSocket | undefined;
  closeCode: number | undefined;
  #options: RawRunnerOptions;
  #rest = '';

  private constructor(options: RawRunnerOptions) {
    super();
    this.#options = options;
  }

  static async connect(options: RawRunnerOptions): Promise<RawRunner> {
    const runner = new RawRunner(options);
    await (options.generation === 1 ? runner.#hijack() : runner.#upgrade());
    return runner;
  }

  sendRaw(text: string): void {
    if (this.controlSocket === undefined) this.controlWebSocket?.send(Buffer.from(text));
    else this.controlSocket.write(text);
  }

  /** As a process that dies. */
  kill(): void {
    this.controlSocket?.destroy();
    this.controlWebSocket?.terminate();
  }

  async nextConnPath(): Promise<string> {
    const [connPath] = (await once(this, 'conn-ready')) as [string];
    return connPath;
  }

  /** Dials back; the local service comes after the WebSocket is up, and when that fails the WebSocket just closes. */
  async pickUp(connPath: string, token = this.#options.token): Promise<DataConnection | DataRefusal> {
    const outcome = await openData(this.#options.port, connPath, token);
    const { servicePort } = this.#options;
    if ('status' in outcome || servicePort === undefined) return outcome;
    const { webSocket, tcp } = outcome;
    const service = connect({ port: servicePort, host: '127.0.0.1' });
    service.on('data', (bytes: Buffer) => {
      service.pause();
      webSocket.send(bytes, () => service.resume());
    });
    // A Go client closes the TCP connection, without a close frame.
    service.on('close', () => webSocket.terminate());
    service.on('error', () => tcp.destroy());
    webSocket.on('message', (bytes: Buffer) => service.write(bytes));
    webSocket.on('close', () => service.destroy());
    webSocket.resume();
    return outcome;
  }

  async #hijack(): Promise<void> {
    const { port, runnerId, token } = this.#options;
    const socket = connect({ port, host: '127.0.0.1' });
    this.controlSocket = socket;
    socket.on('error', () => undefined);
    socket.on('close', () => this.emit('end'));
    socket.write(
      `GET /api/v1/revdial?runnerid=${runnerId} HTTP/1.1\r\nHost: api\r\nAuthorization: Bearer ${token}\r\nConnection: Upgrade\r\n\r\n`,
    );
    let head = Buffer.alloc(0);
    while (!head.includes('\r\n\r\n')) {
      const [bytes] = (await once(socket, 'data')) as [Buffer];
      head = Buffer.concat([head, bytes]);
    }
    this.headAt = performance.now();
    const headEnd = head.indexOf('\r\n\r\n') + 4;
    this.head = head.toString('latin1', 0, headEnd);
    if (!this.head.startsWith('HTTP/1.1 200 ')) throw new Error(head.toString());
    if (head.length > headEnd) this.lostWithHead.push(head.toString('utf8', headEnd));
    socket.on('data', (bytes: Buffer) => {
      this.#receive(bytes);
    });
  }

  async #upgrade(): Promise<void> {
    const { port, runnerId, token } = this.#options;
    const webSocket = new WebSocket(`ws://127.0.0.1:${String(port)}/api/v1/revdial?runnerid=${runnerId}`, {
      perMessageDeflate: false,
      headers: { Authorization: `Bearer ${token}` },
    });
    this.controlWebSocket = webSocket;
    webSocket.on('error', () => undefined);
    webSocket.on('message', (bytes: Buffer, isBinary) => {
      if (isBinary) this.#receive(bytes);
      else this.emit('text-frame');
    });
    webSocket.on('close', (code) => {
      this.closeCode = code;
      this.emit('end');
    });
    await new Promise<void>((resolve, reject) => {
      webSocket.once('open', () => {
        this.headAt = performance.now();
        resolve();
      });
      webSocket.once('unexpected-response', (_request, response) => {
        reject(new Error(`HTTP/1.1 ${String(response.statusCode)}`));
      });
    });
  }

  #receive(bytes: Buffer): void {
    const lines = (this.#rest + bytes.toString()).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) {
      this.lines.push(line);
      this.lineTimes.push(performance.now());
      this.emit('line', line);
      const message = JSON.parse(line) as { command: string; connPath?: string };
      if (message.command === 'keep-alive' && this.#options.answersKeepAlives === true) this.sendRaw(`${line}\n`);
      if (message.command !== 'conn-ready' || message.connPath === undefined) continue;
      this.connPaths.push(message.connPath);
      this.emit('conn-ready', message.connPath);
      if (this.#options.servicePort !== undefined) void this.pickUp(message.connPath);
    }
  }
}

/** One data connection, as the clients make it: the first `/revdial` becomes `/api/v1/revdial`. */
export async function openData(port: number, connPath: string, token: string): Promise<DataConnection | DataRefusal> {
  const path = connPath.replace('/revdial', '/api/v1/revdial');
  const tcp = connect({ port, host: '127.0.0.1' });
  const webSocket = new WebSocket(`ws://api${path}`, {
    perMessageDeflate: false,
    headers: { Authorization: `Bearer ${token}` },
    createConnection: () => tcp,
  });
  webSocket.on('error', () => undefined);
  return new Promise((resolve) => {
    webSocket.once('open', () => {
      // The first bytes may have come with the answer to the upgrade, before a listener is there.
      webSocket.pause();
      resolve({ webSocket, tcp });
    });
    webSocket.once('unexpected-response', (_request, response) => {
      let body = '';
      response.on('data', (bytes: Buffer) => (body += bytes.toString()));
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, body });
      });
    });
  });
}
