import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { Multiplexer } from '@helix/revdial';
import type { BytePipe, MuxStream, PipeEnd } from '@helix/revdial';
import { SocketCarrier } from '../../../src/carrier/socket-carrier.js';
import { WebSocketCarrier } from '../../../src/carrier/websocket-carrier.js';
import { encodeConnected, encodeRefusal, PreambleReader } from '../../../src/dial/dial-codec.js';
import type { DialRefusal, Preamble } from '../../../src/dial/dial-codec.js';
import type { ResumableTimings } from '../../../src/resumable/limits.js';
import { ResumableLink } from '../../../src/resumable/resumable-link.js';
import { formatResumption, NEW_LINK_ELSE, parseLinkGrant, parseReceived } from '../../../src/resumable/resumption.js';
import type { LinkGrant } from '../../../src/resumable/resumption.js';
import { readRefusalBody, readResponseHead } from '../../../src/runner/connect/response-head.js';
import type { ResponseHead } from '../../../src/runner/connect/response-head.js';

export type Carrier = 'raw' | 'websocket';

/** Port of a local service, or how its dials are refused, or what they are answered, before an end or by a reset. */
export type ServiceOfAgent = number | DialRefusal | Buffer | 'reset';

export interface ScriptedAgentOptions {
  readonly port: number;
  readonly token: string;
  readonly runnerIds: readonly string[];
  readonly carrier?: Carrier;
  /** Of each runner id. Others are unknown targets. */
  readonly services?: Readonly<Record<string, ServiceOfAgent>>;
  readonly timings?: Partial<ResumableTimings>;
  /** One of a release that knows it says which machine it is. */
  readonly machineId?: string;
}

export interface Refused {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

/** An agent of generation 3 written after docs/protocol.md from the layers' parts, independent of the library's own. */
export class ScriptedAgent {
  readonly link: ResumableLink;
  readonly mux: Multiplexer;
  readonly grant: LinkGrant;
  readonly head: ResponseHead;
  readonly dials: Preamble[] = [];
  readonly drains: number[] = [];
  readonly ends: PipeEnd[] = [];
  lostCount = 0;
  socket: Socket;
  /** Which server and carrier the next resumption uses. */
  port: number;
  carrier: Carrier;
  attempt = 0;
  readonly #options: ScriptedAgentOptions;
  readonly #localSockets = new Set<Socket>();

  private constructor(options: ScriptedAgentOptions, socket: Socket, head: ResponseHead, grant: LinkGrant) {
    this.#options = options;
    this.socket = socket;
    this.head = head;
    this.grant = grant;
    this.port = options.port;
    this.carrier = options.carrier ?? 'raw';
    this.link = new ResumableLink({
      role: 'agent',
      holdMs: grant.holdMs,
      ...(options.timings === undefined ? {} : { timings: options.timings }),
      events: {
        onCarrierLost: () => {
          this.lostCount += 1;
        },
        onDrain: (withinMs) => this.drains.push(withinMs),
      },
    });
    this.mux = new Multiplexer(this.link, {
      role: 'client',
      onStream: (stream) => {
        this.#serve(stream);
      },
      onClosed: (end) => this.ends.push(end),
    });
    this.link.attach(this.#carrierOf(socket), 0);
  }

  static async open(options: ScriptedAgentOptions): Promise<ScriptedAgent> {
    const opened = await ScriptedAgent.tryOpen(options);
    if (!(opened instanceof ScriptedAgent)) throw new Error(`refused: ${String(opened.status)} ${opened.body}`);
    return opened;
  }

  static async tryOpen(options: ScriptedAgentOptions): Promise<ScriptedAgent | Refused> {
    const { socket, head } = await ask(options.port, options, options.carrier ?? 'raw', {});
    if (head.status !== 101) return { status: head.status, headers: head.headers, body: await readRefusalBody(socket) };
    const grant = parseLinkGrant(Object.fromEntries(head.headers));
    if (grant === undefined) throw new Error('no grant in the answer');
    return new ScriptedAgent(options, socket, head, grant);
  }

  /** Cuts the carrier that stands, unless `keepsOld`; resolves with the refusal when it is not taken up again. */
  async resume(
    changes: {
      readonly keepsOld?: boolean;
      readonly attempt?: number;
      readonly secret?: Buffer;
      readonly takesNewOne?: boolean;
    } & Partial<Pick<ScriptedAgentOptions, 'token' | 'runnerIds'>> = {},
  ): Promise<Refused | undefined> {
    // Its own end has to stand still while it asks, though the server may still hold the old carrier.
    const old = this.socket;
    if (changes.keepsOld !== true) this.link.detach();
    this.attempt = changes.attempt ?? this.attempt + 1;
    const grant = { ...this.grant, ...(changes.secret === undefined ? {} : { secret: changes.secret }) };
    const headers = {
      ...formatResumption(grant, this.attempt, this.link.received),
      ...(changes.takesNewOne === true ? NEW_LINK_ELSE : {}),
    };
    const { socket, head } = await ask(this.port, { ...this.#options, ...changes }, this.carrier, headers);
    if (head.status !== 101) return { status: head.status, headers: head.headers, body: await readRefusalBody(socket) };
    const received = parseReceived(Object.fromEntries(head.headers));
    if (received === undefined) {
      // A new link, which no test here needs.
      socket.destroy();
      return { status: head.status, headers: head.headers, body: '' };
    }
    this.socket = socket;
    this.link.attach(this.#carrierOf(socket), received);
    if (changes.keepsOld === true) old.destroy();
    return undefined;
  }

  async close(): Promise<void> {
    this.mux.destroy('done');
    for (const socket of this.#localSockets) socket.destroy();
    this.socket.destroy();
    await this.mux.closed;
  }

  #carrierOf(socket: Socket): BytePipe {
    return this.carrier === 'raw' ? new SocketCarrier(socket) : new WebSocketCarrier(socket, 'client');
  }

  #serve(stream: MuxStream): void {
    const reader = new PreambleReader();
    stream.on('error', () => undefined);
    const onData = (bytes: Buffer): void => {
      const read = reader.push(bytes);
      if (read === undefined) return;
      stream.off('data', onData);
      stream.pause();
      this.dials.push(read.preamble);
      stream.streamClass = read.preamble.streamClass;
      const service = this.#options.services?.[read.preamble.target] ?? { code: 'unknown-target', reason: 'not here' };
      if (typeof service === 'number') this.#connect(stream, service, read.rest);
      else if (service === 'reset') stream.reset('internal');
      else stream.end(Buffer.isBuffer(service) ? service : encodeRefusal(service));
    };
    stream.on('data', onData);
  }

  #connect(stream: MuxStream, port: number, first: Buffer): void {
    const local = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    this.#localSockets.add(local);
    local.on('close', () => this.#localSockets.delete(local));
    local.on('error', () => stream.destroy());
    stream.on('close', () => local.destroy());
    local.on('connect', () => {
      stream.write(encodeConnected());
      if (first.length > 0) local.write(first);
      stream.pipe(local);
      local.pipe(stream);
    });
  }
}

/** One handshake. */
async function ask(
  port: number,
  { token, runnerIds, machineId }: Pick<ScriptedAgentOptions, 'token' | 'runnerIds' | 'machineId'>,
  carrier: Carrier,
  headers: Readonly<Record<string, string>>,
): Promise<{ readonly socket: Socket; readonly head: ResponseHead }> {
  const socket = connect({ port, host: '127.0.0.1' });
  socket.on('error', () => undefined);
  const query = runnerIds.map((id) => `runnerid=${id}`).join('&');
  const upgrade =
    carrier === 'raw'
      ? { Upgrade: 'revdial', 'RevDial-Version': '3' }
      : {
          Upgrade: 'websocket',
          'Sec-WebSocket-Version': '13',
          'Sec-WebSocket-Key': randomBytes(16).toString('base64'),
          'Sec-WebSocket-Protocol': 'other, revdial.v3',
        };
  const machine = machineId === undefined ? {} : { 'RevDial-Machine': machineId };
  const all = {
    Host: 'api',
    Authorization: `Bearer ${token}`,
    Connection: 'Upgrade',
    ...upgrade,
    ...machine,
    ...headers,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.write(`GET /api/v1/revdial?${query} HTTP/1.1\r\n${lines.join('')}\r\n`);
  return { socket, head: await readResponseHead(socket, AbortSignal.timeout(5_000)) };
}
