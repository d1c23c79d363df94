import { createServer, type ServerResponse } from 'node:http';
import {
  attachRevDialGateway,
  collectBounded,
  ConnectionManager,
  RevDialGateway,
  RunnerHttpPool,
  runnerIdOf,
} from '@helix/revdial';

/**
 * Benchmark process: the API's end of the tunnel with as little around it as a load generator of its own can reach: plain
 * HTTP in front, which passes each GET to the runner `wolf-bench`. Prints `ready` with its port.
 */
const RUNNER = runnerIdOf('wolf', 'bench');
const MAX_BYTES = 32 * 1024 * 1024;

const connections = new ConnectionManager({});
const http = new RunnerHttpPool(connections, {});
const gateway = new RevDialGateway(connections, {
  authenticate: () => Promise.resolve({ name: 'runner', mayOpen: () => Promise.resolve('granted') }),
});
const server = createServer((request, response) => {
  pass(request.url ?? '/', response).catch(() => {
    response.writeHead(503, ['Content-Length', '0']).end();
  });
});
attachRevDialGateway(server, gateway);

async function pass(path: string, response: ServerResponse): Promise<void> {
  const answer = await http.request(RUNNER, { method: 'GET', path });
  const chunks = await collectBounded(answer.body, MAX_BYTES);
  const byteCount = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  response.writeHead(answer.status, ['Content-Length', String(byteCount)]);
  response.cork();
  for (const chunk of chunks) response.write(chunk);
  response.end();
  response.uncork();
}

server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  process.stdout.write(`${JSON.stringify({ msg: 'ready', port })}\n`);
});
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => process.exit(0));
