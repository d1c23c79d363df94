import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  attachRevDialGateway,
  ConnectionManager,
  fixedToken,
  parseServerAddress,
  RevDialGateway,
  RunnerTunnel,
  runnerIdOf,
  SocketConnector,
  type ServerAddress,
} from '@helix/revdial';
import type { LobbyLaunch, LobbyRunner, RunningRunner } from '@helix/sandbox-simulator';
import type { SessionId } from '../../src/index.js';
import { answering, DesktopServer } from './desktop-server.js';
import type { RecordingTokens } from './recording-tokens.js';

const SILENT = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

/** The containers of a simulated Wolf: each opens the link of its session, with the token that stands in its environment. */
export class LinkedDesktops implements LobbyRunner {
  readonly connections = new ConnectionManager({ graceMs: 300 });
  readonly #service = new DesktopServer();
  readonly #tunnels = new Set<RunnerTunnel>();
  readonly #api = createServer((_request, response) => response.writeHead(404).end());
  #local = { host: '127.0.0.1', port: 0 };
  #server: ServerAddress | undefined;

  async open(tokens: RecordingTokens): Promise<void> {
    this.#service.answer = answering('image/jpeg', Buffer.from([0xff, 0xd8, 0xff, 0xd9]));
    this.#local = await this.#service.start();
    const gateway = new RevDialGateway(this.connections, {
      authenticate: (token) =>
        Promise.resolve({
          name: 'desktop',
          mayOpen: ({ subject }) =>
            Promise.resolve(tokens.liveOf(subject as SessionId).includes(token) ? 'granted' : 'forbidden'),
        }),
    });
    attachRevDialGateway(this.#api, gateway);
    this.#api.listen(0, '127.0.0.1');
    await once(this.#api, 'listening');
    this.#server = parseServerAddress(`http://127.0.0.1:${String((this.#api.address() as AddressInfo).port)}`);
  }

  start({ env }: LobbyLaunch): Promise<RunningRunner> {
    const valueOf = (name: string): string =>
      env.findLast((entry) => entry.startsWith(`${name}=`))?.slice(name.length + 1) ?? '';
    const tunnel = new RunnerTunnel({
      connector: new SocketConnector({ server: this.#server! }),
      runnerId: runnerIdOf('sandbox', valueOf('HELIX_SESSION_ID')),
      local: { kind: 'tcp', ...this.#local },
      token: fixedToken(valueOf('USER_API_TOKEN') || 'none'),
      transport: 'websocket',
      logger: SILENT,
    });
    tunnel.start();
    this.#tunnels.add(tunnel);
    let end: () => void = () => undefined;
    const exited = new Promise<void>((resolve) => {
      end = resolve;
    });
    return Promise.resolve({
      exited,
      stop: () => {
        tunnel.destroy();
        this.#tunnels.delete(tunnel);
        end();
        return exited;
      },
    });
  }

  async close(): Promise<void> {
    for (const tunnel of this.#tunnels) tunnel.destroy();
    await this.connections.close(0);
    this.#api.closeAllConnections();
    this.#api.close();
    await this.#service.close();
  }
}
