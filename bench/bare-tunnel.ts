import { createServer, type ServerResponse } from 'node:http';
import { createServer as createTcpServer, type AddressInfo, type Server } from 'node:net';
import {
  attachRevDialGateway,
  collectBounded,
  ConnectionManager,
  RevDialGateway,
  RunnerHttpPool,
  runnerIdOf,
} from '@helix/revdial';
import type { StreamClass } from '@helix/revdial';
import { readBulk } from './read-bulk.js';

/**
 * Benchmark process: the API's end of the tunnel to the runner `wolf-bench`, with as little around it as others can reach. Prints
 * `ready` with three ports:
 *
 * - `port`: plain HTTP in front. Each GET is passed on over kept streams, as the API does. `/read-bulk?warmupMs=&ms=` reads a
 *   fresh bulk stream here, as the API itself would.
 * - `streamPort`, `bulkPort`: each TCP connection becomes a fresh stream, of either class.
 */
const RUNNER = runnerIdOf('wolf', 'bench');
const MAX_BYTES = 32 * 1024 * 1024;

const connections = new ConnectionManager({});
const http = new RunnerHttpPool(connections, {});
const gateway = new RevDialGateway(connections, {
  authenticate: () => Promise.resolve({ name: 'runner', mayOpen: () => Promise.resolve('granted') }),
});
const server = createServer((request, response) => {
  const url = request.url ?? '/';
  (url.startsWith('/read-bulk') ? readHere(url, response) : pass(url, response)).catch((error: unknown) => {
    process.stderr.write(`bare tunnel: ${url}: ${String(error)}\n`);
    response.writeHead(503, ['Content-Length', '0']).end();
  });
});
attachRevDialGateway(server, gateway);

async function pass(path: string, response: ServerResponse): Promise<void> {
  const streamClass = path.startsWith('/screenshot') ? 'bulk' : 'interactive';
  const answer = await http.request(RUNNER, { method: 'GET', path, class: streamClass });
  const chunks = await collectBounded(answer.body, MAX_BYTES);
  const byteCount = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  response.writeHead(answer.status, ['Content-Length', String(byteCount)]);
  response.cork();
  for (const chunk of chunks) response.write(chunk);
  response.end();
  response.uncork();
}

async function readHere(url: string, response: ServerResponse): Promise<void> {
  const stream = await connections.dial(RUNNER, { class: 'bulk' });
  response.end(JSON.stringify(await readBulk(stream, url)));
}

/** A stream for each connection. */
function streamFront(streamClass: StreamClass): Server {
  return createTcpServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    socket.on('error', () => socket.destroy());
    connections.dial(RUNNER, { class: streamClass }).then(
      (stream) => {
        stream.on('error', () => socket.destroy());
        socket.on('close', () => stream.destroy());
        stream.on('close', () => socket.destroySoon());
        socket.pipe(stream);
        stream.pipe(socket);
      },
      () => socket.destroy(),
    );
  });
}

async function listen(one: Server): Promise<number> {
  await new Promise<void>((resolve) => one.listen(0, '127.0.0.1', resolve));
  return (one.address() as AddressInfo).port;
}

const streamPort = await listen(streamFront('interactive'));
const bulkPort = await listen(streamFront('bulk'));
const port = await listen(server);
process.stdout.write(`${JSON.stringify({ msg: 'ready', port, streamPort, bulkPort })}\n`);
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => process.exit(0));
