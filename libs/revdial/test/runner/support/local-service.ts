import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import type { LocalAddress } from '@helix/revdial';

/** A TCP service for the end of a tunnel. */
export class LocalService {
  readonly connections: Socket[] = [];
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
    server.on('connection', (socket) => {
      this.connections.push(socket);
      socket.on('error', () => undefined);
    });
  }

  /** `onConnection` is what the service does; by default it sends everything back. */
  static async start(
    onConnection: (socket: Socket) => void = (socket) => socket.pipe(socket),
    at: { readonly port?: number; readonly path?: string } = {},
  ): Promise<LocalService> {
    const server = createServer({ allowHalfOpen: true }, onConnection);
    const service = new LocalService(server);
    if (at.path === undefined) server.listen(at.port ?? 0, '127.0.0.1');
    else server.listen(at.path);
    await once(server, 'listening');
    return service;
  }

  get address(): LocalAddress {
    const address = this.#server.address() as AddressInfo | string;
    return typeof address === 'string'
      ? { kind: 'unix', path: address }
      : { kind: 'tcp', host: '127.0.0.1', port: address.port };
  }

  async close(): Promise<void> {
    for (const socket of this.connections) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

/** A port without a listener. */
export async function unusedPort(): Promise<number> {
  const service = await LocalService.start();
  const { address } = service;
  await service.close();
  return address.kind === 'tcp' ? address.port : 0;
}
