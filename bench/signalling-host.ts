import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';

/**
 * Stands in for Moonlight Web where its work is not what is measured: opens any stream and sends each message after the first back
 * as it came. Prints `ready` with its port.
 */
const server = createServer();
const sockets = new WebSocketServer({ server, path: '/api/host/stream', perMessageDeflate: false, autoPong: false });
sockets.on('connection', (socket) => {
  let isFirst = true;
  socket.on('error', () => undefined);
  socket.on('message', (message, isBinary) => {
    if (isFirst) isFirst = false;
    else socket.send(message as Buffer, { binary: isBinary });
  });
});
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`${JSON.stringify({ msg: 'ready', port: (server.address() as AddressInfo).port })}\n`);
});
process.once('SIGTERM', () => process.exit(0));
