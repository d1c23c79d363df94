import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, Server } from 'node:http';
import { connect } from 'node:net';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';

/** A proxy that tunnels every target to one port of this machine, so that names which do not exist can be asked for. */
export class ConnectProxy {
  readonly requests: { readonly target: string; readonly authorization: string | undefined }[] = [];
  status = 200;
  readonly #server: Server;
  readonly #sockets = new Set<Duplex>();

  private constructor(server: Server, port: number) {
    this.#server = server;
    server.on('connect', (request: IncomingMessage, socket: Duplex) => {
      this.requests.push({ target: request.url ?? '', authorization: request.headers['proxy-authorization'] });
      this.#sockets.add(socket);
      socket.on('error', () => undefined);
      if (this.status !== 200) {
        socket.end(`HTTP/1.1 ${String(this.status)} No\r\n\r\n`);
        return;
      }
      const upstream = connect({ host: '127.0.0.1', port });
      upstream.on('error', () => undefined);
      this.#sockets.add(upstream);
      socket.write('HTTP/1.1 200 Connection established\r\nX-Proxy: test\r\n\r\n');
      socket.pipe(upstream).pipe(socket);
    });
  }

  static async start(targetPort: number): Promise<ConnectProxy> {
    const proxy = new ConnectProxy(createServer(), targetPort);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }
}
