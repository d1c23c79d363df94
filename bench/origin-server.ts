import { createServer } from 'node:http';
import type { ServerResponse } from 'node:http';

import { DesktopPicture } from '@helix/sandbox-simulator';

/**
 * Benchmark origin: what stands behind a tunnel, with nothing to it. Answers are made once, so that what is measured
 * is the way there and back. `origin-server.js [port]` prints one JSON line when it serves.
 */
const png = Buffer.concat(new DesktopPicture('ses_01bench0000000000000000000').current().parts);
const small = Buffer.from(JSON.stringify({ ok: true, from: 'origin', is: 'about fifty bytes' }));
const clipboard = Buffer.from(JSON.stringify({ type: 'text', data: 'copied in the desktop' }));

const bulkPiece = Buffer.alloc(256 * 1024);
/** More than any client reads. */
const BULK_BYTES = 2 ** 40;
const ECHO_HEAD = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n';

const pngHead = ['Content-Type', 'image/png', 'Content-Length', String(png.length)];
const smallHead = ['Content-Type', 'application/json', 'Content-Length', String(small.length)];
const clipboardHead = ['Content-Type', 'application/json', 'Content-Length', String(clipboard.length)];

const server = createServer((req, res) => {
  res.sendDate = false;
  const url = req.url ?? '';
  if (url === '/small') res.writeHead(200, smallHead).end(small);
  else if (url === '/clipboard') res.writeHead(200, clipboardHead).end(clipboard);
  else if (url.startsWith('/screenshot')) res.writeHead(200, pngHead).end(png);
  else if (url === '/bulk') pourBulk(res);
  else res.writeHead(404, ['Content-Length', '0']).end();
});
server.keepAliveTimeout = 0;
// `/echo` sends back whatever comes.
server.on('upgrade', (_request, socket, head) => {
  socket.on('error', () => socket.destroy());
  socket.write(ECHO_HEAD);
  if (head.length > 0) socket.write(head);
  socket.pipe(socket);
});

/** Zeros for as long as a client reads. */
function pourBulk(response: ServerResponse): void {
  response.writeHead(200, ['Content-Type', 'application/octet-stream', 'Content-Length', String(BULK_BYTES)]);
  const pour = (): void => {
    while (!response.destroyed && response.write(bulkPiece));
  };
  response.on('drain', pour);
  pour();
}

function end(): void {
  server.close();
  server.closeAllConnections();
}

process.once('SIGTERM', end);
process.once('SIGINT', end);
process.once('disconnect', end);
server.listen(Number(process.argv[2] ?? 0), '127.0.0.1', () => {
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  process.stdout.write(`${JSON.stringify({ msg: 'ready', port, pid: process.pid, screenshotBytes: png.length })}\n`);
});
