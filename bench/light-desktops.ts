import { createServer } from 'node:http';
import { json } from 'node:stream/consumers';
import { fixedToken, parseServerAddress, RunnerTunnel, SocketConnector, type RunnerLogger } from '@helix/revdial';
import { noisePng } from './noise-png.js';

/**
 * Benchmark process: the desktops of many sessions, each with a link of its own and all with one picture and one clipboard.
 * A simulated desktop is two processes; hundreds of them would be what is measured. `POST /links` with `["ses_…"]` adds
 * desktops. Environment: `API_URL`, `TOKEN` (a key of the sessions' owner), `PICTURE_KIB`. Prints `ready` with its port.
 */
const server = parseServerAddress(process.env['API_URL'] ?? '');
if (server === undefined) throw new Error('API_URL is no address');
const token = fixedToken(process.env['TOKEN'] ?? '');
const png = noisePng(Number(process.env['PICTURE_KIB']));
const clipboard = Buffer.from(JSON.stringify({ type: 'text', data: 'copied in the desktop' }));
const connector = new SocketConnector({ server });
const nothing = (): void => undefined;
const logger: RunnerLogger = {
  debug: nothing,
  info: nothing,
  warn: nothing,
  error: (fields, message) => process.stderr.write(`${JSON.stringify({ message, ...fields })}\n`),
};

const pngHead = ['Content-Type', 'image/png', 'Content-Length', String(png.length)];
const clipboardHead = ['Content-Type', 'application/json', 'Content-Length', String(clipboard.length)];
let port = 0;

const desktops = createServer((request, response) => {
  const url = request.url ?? '';
  if (url.startsWith('/screenshot')) response.writeHead(200, pngHead).end(png);
  else if (url === '/clipboard') response.writeHead(200, clipboardHead).end(clipboard);
  else if (url === '/links' && request.method === 'POST') {
    json(request).then(
      (ids) => {
        for (const id of ids as readonly string[]) openLink(id);
        response.writeHead(204).end();
      },
      () => response.writeHead(400).end(),
    );
  } else response.writeHead(404, ['Content-Length', '0']).end();
});
desktops.keepAliveTimeout = 0;

function openLink(sessionId: string): void {
  const local = { kind: 'tcp', host: '127.0.0.1', port } as const;
  new RunnerTunnel({
    connector,
    runnerId: `sandbox-${sessionId}`,
    local,
    token,
    transport: 'websocket',
    logger,
  }).start();
}

for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => process.exit(0));
desktops.listen(0, '127.0.0.1', () => {
  const address = desktops.address();
  port = typeof address === 'object' && address !== null ? address.port : 0;
  process.stdout.write(`${JSON.stringify({ msg: 'ready', port, pictureBytes: png.length })}\n`);
});
