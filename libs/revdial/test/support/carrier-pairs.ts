import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { AddressInfo, Server, Socket } from 'node:net';
import { connect, createServer } from 'node:net';
import * as tls from 'node:tls';
import type { BytePipe } from '../../src/carrier/byte-pipe.js';
import { SocketCarrier } from '../../src/carrier/socket-carrier.js';
import { WebSocketCarrier } from '../../src/carrier/websocket-carrier.js';
import { memoryCarriers } from './memory-carriers.js';

export const CARRIER_KINDS = ['memory', 'tcp', 'tls', 'websocket'] as const;
export type CarrierKind = (typeof CARRIER_KINDS)[number];

/** Two ends of one pipe; `near` is the one that connected. */
export interface PipePair {
  readonly near: BytePipe;
  readonly far: BytePipe;
}

function pem(name: string): Buffer {
  return readFileSync(new URL(`../fixtures/${name}`, import.meta.url));
}

/** Makes pairs of one kind, over sockets of one listening server. */
export class CarrierPairs {
  readonly kind: CarrierKind;
  readonly #server: Server | undefined;
  readonly #sockets = new Set<Socket>();

  private constructor(kind: CarrierKind, server: Server | undefined) {
    this.kind = kind;
    this.#server = server;
  }

  static async open(kind: CarrierKind): Promise<CarrierPairs> {
    if (kind === 'memory') return new CarrierPairs(kind, undefined);
    const credentials = { key: pem('test-server.key.pem'), cert: pem('test-server.pem') };
    const server =
      kind === 'tls'
        ? tls.createServer({ ...credentials, allowHalfOpen: true })
        : createServer({ allowHalfOpen: true, pauseOnConnect: true });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const pairs = new CarrierPairs(kind, server);
    // Those too whose handshake never ends, and those that a proxy cuts before they have become carriers.
    server.on('connection', (socket: Socket) => pairs.#sockets.add(socket.on('error', () => undefined)));
    return pairs;
  }

  /** Of the server, for a proxy in front of it. */
  get port(): number {
    return (this.#server?.address() as AddressInfo).port;
  }

  async pair(port?: number): Promise<PipePair> {
    if (this.kind === 'memory') {
      const [near, far] = memoryCarriers();
      return { near, far };
    }
    const [client, server] = await this.sockets(port);
    return {
      near: this.kind === 'websocket' ? new WebSocketCarrier(client, 'client') : new SocketCarrier(client),
      far: this.kind === 'websocket' ? new WebSocketCarrier(server, 'server') : new SocketCarrier(server),
    };
  }

  async sockets(port = this.port): Promise<readonly [Socket, Socket]> {
    const isTls = this.kind === 'tls';
    // A proxy may cut the handshake, also by silence.
    const waiting = { signal: AbortSignal.timeout(1_000) };
    const client = isTls
      ? tls.connect({ port, host: '127.0.0.1', ca: pem('test-authority.pem'), servername: 'localhost' })
      : connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    this.#sockets.add(client.on('error', () => undefined));
    const [[server]] = await Promise.all([
      once(this.#server!, isTls ? 'secureConnection' : 'connection', waiting) as Promise<[Socket]>,
      once(client, isTls ? 'secureConnect' : 'connect', waiting),
    ]).catch((error: unknown) => {
      client.destroy();
      throw error;
    });
    return [client, server];
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    if (this.#server === undefined) return;
    const closed = once(this.#server, 'close');
    this.#server.close();
    await closed;
  }
}
