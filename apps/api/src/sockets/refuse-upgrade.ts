import { STATUS_CODES } from 'node:http';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { NO_PAGE_HEADERS } from '@helix/revdial';
import { API_LIMITS } from '../limits.js';
import type { SocketRefusal } from './socket-admission.js';

/** For `wsClientError` of a `WebSocketServer`, whose own words would be HTML. */
export function refuseHandshake(_error: Error, socket: Duplex): void {
  if (socket instanceof Socket)
    refuseUpgrade(socket, { status: 400, message: 'not a WebSocket upgrade of version 13' });
  else socket.destroy();
}

/** Answers on the raw socket, and makes sure that it ends. */
export function refuseUpgrade(socket: Socket, { status, message, code, retryAfterS }: SocketRefusal): void {
  const body = `${JSON.stringify({ message, ...(code !== undefined && { code }) })}\n`;
  const timer = setTimeout(() => socket.destroy(), API_LIMITS.socketRefusalMs);
  timer.unref();
  socket.once('close', () => {
    clearTimeout(timer);
  });
  socket.on('error', () => socket.destroy());
  // Unread bytes would turn our end into a reset, and the answer could be lost with it.
  socket.resume();
  socket.write(
    [
      `HTTP/1.1 ${String(status)} ${STATUS_CODES[status] ?? ''}`,
      'Content-Type: application/json; charset=utf-8',
      `Content-Length: ${String(Buffer.byteLength(body))}`,
      'Connection: close',
      'Cache-Control: no-store',
      ...Object.entries(NO_PAGE_HEADERS).map(([name, value]) => `${name}: ${value}`),
      ...(retryAfterS === undefined ? [] : [`Retry-After: ${String(retryAfterS)}`]),
      '',
      body,
    ].join('\r\n'),
  );
  socket.destroySoon();
}
