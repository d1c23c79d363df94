import { createHash } from 'node:crypto';
import { type IncomingMessage, type Server, createServer } from 'node:http';
import type { Duplex } from 'node:stream';
import { type MoonlightCore, SessionRegistry } from './moonlight-core.js';
import { type MoonlightFaults, noMoonlightFaults } from './moonlight-faults.js';
import { INITS_COUNT, INPUTS_COUNT, KEEP_ALIVE_MS, REQUEST_HEAD_MS, VIOLATIONS_COUNT } from './moonlight-limits.js';
import { MoonlightRest } from './moonlight-rest.js';
import { ClientIdentities } from './moonlight-session.js';
import { closeServer, listenOnLoopback } from '../local-server.js';
import { BoundedLog, type InputRecord, type MoonlightStatus } from './moonlight-status.js';
import type { MoonlightWolf } from './moonlight-wolf.js';
import { ScriptedPeer } from './scripted-peer.js';
import { StreamConnection } from './stream-connection.js';
import type { IceServer, MoonlightDialect } from './stream-messages.js';
import type { PeerMaker } from './stream-peer.js';
import { WebRtcPeer } from './webrtc-peer.js';

export type MoonlightEngine = 'scripted' | 'webrtc';

export interface SimulatedMoonlightWebOptions {
  /** Null: clients need none. */
  readonly credentials: string | null;
  readonly wolf: MoonlightWolf;
  readonly dialect?: MoonlightDialect;
  /** `scripted` talks as a peer would and sends no packet; `webrtc`, when not given, is a real peer. */
  readonly engine?: MoonlightEngine;
  readonly hostId?: number;
  readonly isPaired?: boolean;
  readonly iceServers?: readonly IceServer[];
  readonly faults?: Partial<MoonlightFaults>;
}

/**
 * Moonlight Web without Wolf's stream (moonlight-web §9): its REST, its WebSocket with all that it cannot bear, and a
 * peer that shows a picture. `faults` may be changed at any time.
 */
export class SimulatedMoonlightWeb {
  readonly faults: MoonlightFaults;
  readonly #core: MoonlightCore;
  readonly #rest: MoonlightRest;
  readonly #server: Server;
  readonly #sockets = new Set<Duplex>();
  readonly #headTimers = new WeakMap<Duplex, NodeJS.Timeout>();
  readonly #streams = new Set<StreamConnection>();
  #requestCount = 0;
  #closing: Promise<void> | undefined;

  constructor(options: SimulatedMoonlightWebOptions) {
    this.faults = { ...noMoonlightFaults(), ...options.faults };
    const registry = new SessionRegistry();
    this.#core = {
      dialect: options.dialect ?? 'K',
      credentials: options.credentials,
      host: { id: options.hostId ?? 0, isPaired: options.isPaired ?? true, isRemoved: false },
      faults: this.faults,
      wolf: options.wolf,
      iceServers: options.iceServers ?? [],
      makePeer: peerMaker(options.engine ?? 'webrtc', options.dialect ?? 'K'),
      registry,
      release: (session, afterMs) => {
        registry.release(session, afterMs);
      },
      identities: new ClientIdentities(),
      violations: new BoundedLog(VIOLATIONS_COUNT),
      inits: new BoundedLog(INITS_COUNT),
      inputs: new BoundedLog(INPUTS_COUNT),
    };
    this.#rest = new MoonlightRest(this.#core);
    // Node's own limit for heads is looked at every 30 s only, so there is a timer for each new connection instead.
    this.#server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS, headersTimeout: 0 }, (req, res) => {
      this.#requestCount += 1;
      this.#rest.serve(req, res).catch(() => res.destroy());
    });
    this.#server.on('connection', (socket) => {
      this.#sockets.add(socket);
      const late = setTimeout(() => {
        socket.end('HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
      }, REQUEST_HEAD_MS);
      this.#headTimers.set(socket, late);
      socket.once('close', () => {
        clearTimeout(late);
        this.#sockets.delete(socket);
      });
    });
    this.#server.prependListener('request', (req) => {
      clearTimeout(this.#headTimers.get(req.socket));
    });
    this.#server.on('upgrade', (req, socket, head) => {
      clearTimeout(this.#headTimers.get(req.socket));
      this.#upgrade(req, socket, head);
    });
  }

  /** `127.0.0.1:<port>`, as the agent's tunnel takes it. */
  get address(): string {
    const address = this.#server.address();
    if (typeof address !== 'object' || address === null) throw new Error('this Moonlight Web does not listen');
    return `127.0.0.1:${String(address.port)}`;
  }

  /** Resolves when it accepts connections, on a port of the system's choice when none is given. */
  async start(port = 0): Promise<void> {
    await listenOnLoopback(this.#server, port);
  }

  status(): MoonlightStatus {
    const { dialect, registry, violations, inits } = this.#core;
    return {
      dialect,
      sessions: registry.list().map((session) => session.status()),
      violations: violations.list(),
      connectionsOpen: this.#sockets.size,
      websocketsOpen: this.#streams.size,
      requestCount: this.#requestCount,
      inits: inits.list(),
      faults: this.faults,
    };
  }

  /** What came on data channels; of one client when its unique id is given. */
  inputs(clientUniqueId?: string): readonly InputRecord[] {
    const all = this.#core.inputs.list();
    return clientUniqueId === undefined ? all : all.filter((input) => input.clientUniqueId === clientUniqueId);
  }

  clearInputs(): void {
    this.#core.inputs.clear();
  }

  /** Every client is told that it was kicked, and its stream ends. */
  async kick(): Promise<void> {
    await Promise.all(this.#core.registry.living().map((session) => session.kick()));
  }

  /** Moonlight's stream ends for every client; the WebSockets stay. */
  async terminate(errorCode = 0): Promise<void> {
    await Promise.all(this.#core.registry.living().map((session) => session.terminate(errorCode)));
  }

  /** Tells every client how its connection is, on the data channel `general`. */
  reportConnection(status: 'Ok' | 'Poor'): void {
    for (const session of this.#core.registry.living()) session.reportConnection(status);
  }

  /** Ends streams, connections and the server. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#rest.close();
    const closed = closeServer(this.#server);
    for (const stream of this.#streams) stream.destroy();
    await this.#core.registry.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #upgrade(req: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.#requestCount += 1;
    const path = new URL(req.url ?? '/', 'http://moonlight').pathname;
    const answer = path === '/api/host/stream' && req.method === 'GET' ? upgradeAnswer(req) : undefined;
    if (answer === undefined) {
      const status =
        path === '/api/host/stream'
          ? '400 Bad Request'
          : path.startsWith('/api/')
            ? '401 Unauthorized'
            : '404 Not Found';
      socket.end(`HTTP/1.1 ${status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`);
      return;
    }
    socket.write(answer);
    if (head.length > 0) socket.unshift(head);
    const stream = new StreamConnection(this.#core, socket, () => this.#streams.delete(stream));
    this.#streams.add(stream);
  }
}

function peerMaker(engine: MoonlightEngine, dialect: MoonlightDialect): PeerMaker {
  if (engine === 'scripted') return (request) => Promise.resolve(new ScriptedPeer(request));
  return (request) => WebRtcPeer.create(request, dialect);
}

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
/** actix-http takes these (moonlight-web §3). */
const VERSIONS = ['13', '8', '7'];

/** The head that turns the connection into a WebSocket, without subprotocol or extension; undefined where actix says 400. */
function upgradeAnswer(req: IncomingMessage): string | undefined {
  const key = req.headers['sec-websocket-key'];
  const version = req.headers['sec-websocket-version'] ?? '';
  if (req.headers.upgrade?.toLowerCase() !== 'websocket') return undefined;
  if (key === undefined || !VERSIONS.includes(version)) return undefined;
  const accept = createHash('sha1').update(`${key}${GUID}`).digest('base64');
  return [
    'HTTP/1.1 101 Switching Protocols',
    'Upgrade: websocket',
    'Connection: Upgrade',
    `Sec-WebSocket-Accept: ${accept}`,
    '\r\n',
  ].join('\r\n');
}
