import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { API_LIMITS } from '../limits.js';
import type { SocketRefusal } from './socket-admission.js';

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
      ...(retryAfterS === undefined ? [] : [`Retry-After: ${String(retryAfterS)}`]),
      '',
      body,
    ].join('\r\n'),
  );
  socket.destroySoon();
}
