import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { Multiplexer } from '@helix/revdial';
import type { MuxStream } from '@helix/revdial';
import { SocketCarrier } from '../../../src/carrier/socket-carrier.js';
import { WebSocketCarrier } from '../../../src/carrier/websocket-carrier.js';
import { encodePreamble } from '../../../src/dial/dial-codec.js';
import { ResumableLink } from '../../../src/resumable/resumable-link.js';
import {
  ResumptionGate,
  formatLinkGrant,
  formatReceived,
  newResumptionSecret,
  parseResumption,
} from '../../../src/resumable/resumption.js';

export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** What becomes of a request: served, or one of the ways to fail. */
export type Behaviour = 'serve' | 'cut' | 'silent' | 'answer-and-silent' | Answer;

export interface ScriptedLink {
  readonly transport: 'mux' | 'mux-websocket';
  readonly runnerIds: readonly string[];
  readonly link: ResumableLink;
  readonly multiplexer: Multiplexer;
  readonly gate: ResumptionGate;
  readonly id: string;
  isOver: boolean;
}

interface Asked {
  readonly transport: 'mux' | 'mux-websocket' | 'older';
  readonly runnerIds: readonly string[];
  readonly isResumption: boolean;
  readonly authorization: string | undefined;
  readonly machineId: string | string[] | undefined;
}

/** The API's end of generation 3, written by hand and able to misbehave. */
export class ScriptedGateway {
  mux: Behaviour = 'serve';
  muxWebSocket: Behaviour = 'serve';
  /** Of requests of generations 1 and 2. */
  older: Answer = { status: 502 };
  resumption: Behaviour = 'serve';
  refusedRunnerId: string | undefined;
  holdMs = 30_000;
  /** Hears of each request before it is answered. */
  onAsked: (asked: Asked) => void = () => undefined;
  /** Set: the next link is asked to move with its first bytes. */
  drainsNextMs: number | undefined;
  readonly asked: Asked[] = [];
  readonly links: ScriptedLink[] = [];
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(server: Server) {
    this.#server = server;
    server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.on('error', () => undefined);
      socket.once('close', () => this.#sockets.delete(socket));
    });
    server.on('request', (request, response) => {
      this.#ask(request, 'older');
      response.writeHead(this.older.status, this.older.headers).end(this.older.body);
    });
    server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
      this.#onUpgrade(request, socket, head);
    });
  }

  static async start(port = 0): Promise<ScriptedGateway> {
    const gateway = new ScriptedGateway(createServer());
    gateway.#server.listen(port, '127.0.0.1');
    await once(gateway.#server, 'listening');
    return gateway;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${String(this.port)}`;
  }

  /** The newest link that is not over. */
  get link(): ScriptedLink {
    const found = this.links.findLast(({ isOver }) => !isOver);
    if (found === undefined) throw new Error('no link stands');
    return found;
  }

  /** A stream with its preamble written; the answer is not read. */
  dial(target: string, first: string | Buffer = '', link = this.link): MuxStream {
    const stream = link.multiplexer.openStream({ class: 'interactive' });
    stream.on('error', () => undefined);
    stream.write(Buffer.concat([encodePreamble({ target, streamClass: 'interactive' }), Buffer.from(first)]));
    return stream;
  }

  /** Breaks every connection. */
  cut(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  async close(): Promise<void> {
    for (const { multiplexer } of this.links) multiplexer.destroy('shutdown');
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #onUpgrade(request: IncomingMessage, socket: Socket, head: Buffer): void {
    const { upgrade, 'sec-websocket-protocol': protocol } = request.headers;
    const isRaw = upgrade === 'revdial' && request.headers['revdial-version'] === '3';
    const transport = isRaw ? 'mux' : protocol === 'revdial.v3' ? 'mux-websocket' : 'older';
    const asked = this.#ask(request, transport);
    const behaviour =
      transport === 'older'
        ? this.older
        : transport === 'mux'
          ? this.mux
          : asked.isResumption
            ? this.resumption
            : this.muxWebSocket;
    const chosen = asked.isResumption && behaviour === 'serve' ? this.resumption : behaviour;
    if (chosen === 'silent') return;
    if (chosen === 'cut') {
      socket.resetAndDestroy();
    } else if (typeof chosen === 'object') {
      refuse(socket, chosen);
    } else if (asked.runnerIds.length === 0) {
      refuse(socket, { status: 400, body: 'runnerid is required', headers: { 'RevDial-Version': '3' } });
    } else if (this.refusedRunnerId !== undefined && asked.runnerIds.includes(this.refusedRunnerId)) {
      refuse(socket, { status: 403, headers: { 'RevDial-Version': '3' } });
    } else if (transport !== 'older') {
      this.#serve(request, socket, head, transport, chosen === 'serve');
    }
  }

  #serve(
    request: IncomingMessage,
    socket: Socket,
    head: Buffer,
    transport: 'mux' | 'mux-websocket',
    isHonest: boolean,
  ): void {
    const resumption = parseResumption(request.headers);
    const carrierOf = (headers: Readonly<Record<string, string>>): SocketCarrier => {
      socket.write(switching(request, transport, headers));
      return transport === 'mux' ? new SocketCarrier(socket, head) : new WebSocketCarrier(socket, 'server', head);
    };
    if (resumption === undefined) {
      refuse(socket, { status: 400 });
    } else if (resumption === 'absent') {
      const secret = newResumptionSecret();
      const id = randomBytes(8).toString('hex');
      const carrier = carrierOf(formatLinkGrant({ linkId: id, secret, holdMs: this.holdMs }));
      if (!isHonest) return;
      const link = new ResumableLink({ role: 'server', holdMs: this.holdMs });
      link.attach(carrier, 0);
      const multiplexer = new Multiplexer(link, { role: 'server' });
      const runnerIds = this.asked.at(-1)?.runnerIds ?? [];
      const gate = new ResumptionGate(id, secret, 'runner');
      const entry: ScriptedLink = { id, transport, runnerIds, link, multiplexer, gate, isOver: false };
      this.links.push(entry);
      if (this.drainsNextMs !== undefined) link.drain(this.drainsNextMs);
      this.drainsNextMs = undefined;
      void multiplexer.closed.then(() => {
        entry.isOver = true;
      });
    } else {
      const found = this.links.find(({ id }) => id === resumption.linkId);
      const problem =
        found === undefined
          ? 'unknown'
          : found.gate.judge(resumption, 'runner', {
              isClosed: found.link.isClosed,
              areRunnersRight: true,
              accepts: (received) => found.link.accepts(received),
            });
      if (found === undefined || problem !== undefined) {
        refuse(socket, { status: 410, body: problem ?? '' });
        return;
      }
      const carrier = carrierOf(formatReceived(found.link.detach()));
      if (isHonest) found.link.attach(carrier, resumption.received);
    }
  }

  #ask(request: IncomingMessage, transport: Asked['transport']): Asked {
    const asked = {
      transport,
      runnerIds: new URL(request.url ?? '', 'http://api').searchParams.getAll('runnerid'),
      isResumption: request.headers['revdial-resume'] !== undefined,
      authorization: request.headers.authorization,
      machineId: request.headers['revdial-machine'],
    };
    this.asked.push(asked);
    this.onAsked(asked);
    return asked;
  }
}

function refuse(socket: Socket, { status, headers = {}, body = '' }: Answer): void {
  const lines = Object.entries({ ...headers, Connection: 'close' }).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${String(status)} Refused\r\n${lines.join('')}\r\n${body}`);
}

function switching(
  request: IncomingMessage,
  transport: 'mux' | 'mux-websocket',
  headers: Readonly<Record<string, string>>,
): string {
  const key = request.headers['sec-websocket-key'] ?? '';
  const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
  const all = {
    Connection: 'Upgrade',
    ...(transport === 'mux'
      ? { Upgrade: 'revdial' }
      : { Upgrade: 'websocket', 'Sec-WebSocket-Accept': accept, 'Sec-WebSocket-Protocol': 'revdial.v3' }),
    ...headers,
  };
  return `HTTP/1.1 101 Switching Protocols\r\n${Object.entries(all)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('')}\r\n`;
}
