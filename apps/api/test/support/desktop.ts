import { createServer, type Server } from 'node:http';
import { fixedToken, parseServerAddress, RunnerTunnel, SocketConnector } from '@helix/revdial';
import type { SessionId } from '@helix/external-agent';

const QUIET = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

/** A desktop that holds its link and serves one picture. */
export class Desktop {
  static readonly PICTURE = Buffer.from('a picture, as far as anybody here can tell');
  readonly #server: Server;
  readonly #tunnel: RunnerTunnel;

  private constructor(server: Server, tunnel: RunnerTunnel) {
    this.#server = server;
    this.#tunnel = tunnel;
  }

  static async connect(apiUrl: string, sessionId: SessionId, token: string): Promise<Desktop> {
    const server = createServer((_, response) => {
      response.writeHead(200, { 'content-type': 'image/png' }).end(Desktop.PICTURE);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const api = parseServerAddress(apiUrl);
    if (typeof address !== 'object' || address === null || api === undefined) throw new Error('no address');
    const tunnel = new RunnerTunnel({
      connector: new SocketConnector({ server: api }),
      runnerId: `sandbox-${sessionId}`,
      token: fixedToken(token),
      local: { kind: 'tcp', host: '127.0.0.1', port: address.port },
      logger: QUIET,
    });
    tunnel.start();
    return new Desktop(server, tunnel);
  }

  async close(): Promise<void> {
    this.#tunnel.destroy();
    await this.#tunnel.closed;
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
