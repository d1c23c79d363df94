import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import type { RunnerLogger } from '@helix/revdial';
import { TestRunner } from '@helix/revdial/testing';
import { noisePng } from './noise-png.js';

/**
 * Benchmark process: the desktops of many sessions, each with a link of its own and all with one picture and one clipboard.
 * A simulated desktop is two processes; hundreds of them would be what is measured. `POST /links` with `["ses_…"]` adds
 * desktops. Environment: `API_URL`, `TOKEN` (a key of the sessions' owner), `PICTURE_KIB`. Prints `ready` with its port.
 */
const api = process.env['API_URL'] ?? '';
const token = process.env['TOKEN'] ?? '';
const png = noisePng(Number(process.env['PICTURE_KIB']));
const clipboard = Buffer.from(JSON.stringify({ type: 'text', data: 'copied in the desktop' }));
const nothing = (): void => undefined;
const logger: RunnerLogger = {
  debug: nothing,
  info: nothing,
  warn: nothing,
  error: (fields, message) => process.stderr.write(`${JSON.stringify({ message, ...fields })}\n`),
};

const pngHead = ['Content-Type', 'image/png', 'Content-Length', String(png.length)];
const clipboardHead = ['Content-Type', 'application/json', 'Content-Length', String(clipboard.length)];

const desktops = createServer((request, response) => {
  const url = request.url ?? '';
  if (url.startsWith('/screenshot')) response.writeHead(200, pngHead).end(png);
  else if (url === '/clipboard') response.writeHead(200, clipboardHead).end(clipboard);
  else if (url === '/links' && request.method === 'POST') {
    json(request)
      .then((ids) => openLinks(ids as readonly string[]))
      .then(
        () => response.writeHead(204).end(),
        () => response.writeHead(400).end(),
      );
  } else response.writeHead(404, ['Content-Length', '0']).end();
});
desktops.keepAliveTimeout = 0;

async function openLinks(sessionIds: readonly string[]): Promise<void> {
  const service = { kind: 'tcp', host: '127.0.0.1', port: (desktops.address() as AddressInfo).port } as const;
  for (const id of sessionIds) await TestRunner.start({ api, runnerId: `sandbox-${id}`, token, service, logger });
}

for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => process.exit(0));
desktops.listen(0, '127.0.0.1', () => {
  const { port } = desktops.address() as AddressInfo;
  process.stdout.write(`${JSON.stringify({ msg: 'ready', port, pictureBytes: png.length })}\n`);
});
