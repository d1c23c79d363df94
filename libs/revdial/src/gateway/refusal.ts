import { STATUS_CODES } from 'node:http';
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { RETRY_AFTER_SECONDS, SOCKET_CLOSE_TIMEOUT_MS } from '../limits.js';

/** An answer instead of a connection (revdial-wire §4). Control refusals are plain text, data refusals JSON. */
export interface Refusal {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

const LATER = { 'Retry-After': String(RETRY_AFTER_SECONDS) };

function plain(status: number, body: string, headers?: Readonly<Record<string, string>>): Refusal {
  return { status, contentType: 'text/plain; charset=utf-8', body, ...(headers === undefined ? {} : { headers }) };
}

function data(status: number, code: string, message: string): Refusal {
  return { status, contentType: 'application/json', body: JSON.stringify({ status_code: status, code, message }) };
}

export const REFUSALS = {
  unauthorized: plain(401, 'Unauthorized'),
  runnerIdMissing: plain(400, 'runnerid is required'),
  runnerIdMalformed: plain(400, 'invalid runner ID format'),
  forbidden: plain(403, 'unauthorized: session not owned by user'),
  runnerIdTaken: plain(409, 'runner ID is held by another principal'),
  methodNotAllowed: plain(405, 'only GET opens a tunnel', { Allow: 'GET' }),
  upgradeRequired: plain(426, 'a WebSocket upgrade is required', { Upgrade: 'websocket' }),
  notNow: plain(503, 'can not authenticate right now, try again', LATER),
  tooMany: plain(503, 'this replica is full, try again', LATER),
  closing: plain(503, 'this replica is closing, try again', LATER),
  invalidUpgrade: data(400, 'INVALID_UPGRADE', 'not a WebSocket upgrade of version 13'),
  unknownDialer: data(404, 'UNKNOWN_DIALER', 'unknown dialer'),
  unknownDial: data(404, 'UNKNOWN_DIAL', 'no dial waits for this connection'),
  foreignDialer: data(403, 'FOREIGN_DIALER', 'the dialer belongs to another principal'),
} as const satisfies Readonly<Record<string, Refusal>>;

/** Answers a request that is still in the hands of the HTTP server. */
export function refuseResponse(response: ServerResponse, refusal: Refusal): void {
  response.writeHead(refusal.status, headersOf(refusal)).end(refusal.body);
}

/** Answers on a raw socket, by hand, and makes sure that the socket ends. */
export function refuseSocket(socket: Socket, refusal: Refusal): void {
  const headers = Object.entries(headersOf(refusal)).map(([name, value]) => `${name}: ${value}\r\n`);
  const head = `HTTP/1.1 ${String(refusal.status)} ${STATUS_CODES[refusal.status] ?? ''}\r\n${headers.join('')}\r\n`;
  const timer = setTimeout(() => socket.destroy(), SOCKET_CLOSE_TIMEOUT_MS);
  timer.unref();
  socket.on('error', () => socket.destroy());
  socket.once('close', () => {
    clearTimeout(timer);
  });
  // Unread bytes would turn our end into a reset, and the answer could be lost with it.
  socket.resume();
  socket.write(head + refusal.body);
  socket.destroySoon();
}

function headersOf(refusal: Refusal): Record<string, string> {
  return {
    'Content-Type': refusal.contentType,
    'Content-Length': String(Buffer.byteLength(refusal.body)),
    Connection: 'close',
    'Cache-Control': 'no-store',
    ...refusal.headers,
  };
}
