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
  type DialBackTransport,
} from '@helix/revdial';

const SILENT = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

/** Both real ends of the tunnel in this process, leading to one Unix socket. */
export async function startRealTunnel(
  socketPath: string,
  wolfInstanceId: string,
  transport: DialBackTransport,
): Promise<{ readonly connections: ConnectionManager; close(): Promise<void> }> {
  const connections = new ConnectionManager({ graceMs: 1_000 });
  const gateway = new RevDialGateway(connections, {
    authenticate: () => Promise.resolve({ name: 'runner', mayOpen: () => Promise.resolve('granted' as const) }),
  });
  const server = createServer((_request, response) => response.writeHead(404).end());
  attachRevDialGateway(server, gateway);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const address = parseServerAddress(`http://127.0.0.1:${String(port)}`);
  if (address === undefined) throw new Error('not an address');
  const connected = new Promise<void>((resolve) => {
    connections.subscribe((event) => {
      if (event.type === 'connected') resolve();
    });
  });
  const tunnel = new RunnerTunnel({
    connector: new SocketConnector({ server: address }),
    runnerId: runnerIdOf('wolf', wolfInstanceId),
    local: { kind: 'unix', path: socketPath },
    token: fixedToken('runner-token'),
    transport,
    logger: SILENT,
  });
  tunnel.start();
  await connected;
  return {
    connections,
    async close() {
      tunnel.destroy();
      await connections.close(0);
      server.closeAllConnections();
      server.close();
    },
  };
}
