import { STATUS_CODES } from 'node:http';
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import {
  LINK_RUNNERS_MAX_COUNT,
  REFUSED_BYTES_MAX_BYTES,
  RETRY_AFTER_SECONDS,
  SOCKET_CLOSE_TIMEOUT_MS,
  STORM_RETRY_AFTER_MAX_SECONDS,
} from '../limits.js';
import { NO_PAGE_HEADERS } from '../http/no-page-headers.js';
import type { ResumptionRefusal } from '../resumable/resumption.js';

/** An answer instead of a connection (revdial-wire §4). Control refusals are plain text, data refusals JSON. */
export interface Refusal {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Runner ids are shorter; what is longer is none. */
const REPEATED_ID_MAX_LENGTH = 80;

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
  otherMachine: plain(409, 'another machine has this runner ID and answers: give each its own', {
    'RevDial-Conflict': 'other-machine',
  }),
  machineMalformed: plain(400, 'malformed RevDial-Machine: sixteen bytes in base64url'),
  methodNotAllowed: plain(405, 'only GET opens a tunnel', { Allow: 'GET' }),
  tooManyRunnerIds: plain(400, `at most ${String(LINK_RUNNERS_MAX_COUNT)} runner IDs are carried by one link`),
  resumptionMalformed: plain(400, 'malformed resumption headers'),
  versionUnknown: plain(426, 'only version 3 of revdial is spoken here', {
    Upgrade: 'revdial',
    'RevDial-Version': '3',
  }),
  upgradeRequired: plain(426, 'a WebSocket upgrade is required', { Upgrade: 'websocket' }),
  httpTooOld: plain(426, 'HTTP/1.0 is not upgraded; a proxy in between has to speak HTTP/1.1 to the API', {
    Upgrade: 'revdial, websocket',
  }),
  otherRunners: plain(400, 'a link is resumed with the runner IDs with which it was opened'),
  notNow: plain(503, 'cannot authenticate right now, try again', LATER),
  tooMany: plain(503, 'this replica is full, try again', LATER),
  closing: plain(503, 'this replica is closing, try again', LATER),
  invalidUpgrade: data(400, 'INVALID_UPGRADE', 'not a WebSocket upgrade of version 13'),
  unknownDialer: data(404, 'UNKNOWN_DIALER', 'unknown dialer'),
  unknownDial: data(404, 'UNKNOWN_DIAL', 'no dial waits for this connection'),
  foreignDialer: data(403, 'FOREIGN_DIALER', 'the dialer belongs to another principal'),
} as const satisfies Readonly<Record<string, Refusal>>;

export type NotResumableReason = ResumptionRefusal | 'superseded' | 'unknown-link';

/** Too many links come at once; each is told when there is room for it, so that they do not come back together. */
export function stormRefusal(waitMs: number): Refusal {
  const seconds = Math.min(STORM_RETRY_AFTER_MAX_SECONDS, Math.ceil(waitMs / 1_000));
  return plain(503, 'too many links come at once, try again', { 'Retry-After': String(seconds) });
}

/** Says which of several it is about. The id is the peer's own words, of which only plain ones are repeated. */
export function refusalOfRunner(refusal: Refusal, runnerId: string): Refusal {
  return { ...refusal, body: `${refusal.body}: ${runnerId.slice(0, REPEATED_ID_MAX_LENGTH).replace(/[^\w.-]/g, '?')}` };
}

/** The agent opens a new link. A peer that cannot prove that the link is its own is told only that there is none. */
export function notResumable(reason: Exclude<NotResumableReason, 'other-runners'>): Refusal {
  const isStranger = reason === 'foreign-principal' || reason === 'wrong-proof';
  return plain(410, `not resumable: ${isStranger ? 'unknown-link' : reason}`);
}

/** Answers a request that is still in the hands of the HTTP server. */
export function refuseResponse(response: ServerResponse, refusal: Refusal): void {
  response.writeHead(refusal.status, headersOf(refusal)).end(refusal.body);
}

/** Answers on a raw socket. */
export function refuseSocket(socket: Socket, refusal: Refusal): void {
  answerSocket(socket, refusal.status, headersOf(refusal), refusal.body);
}

/**
 * Writes an HTTP answer on a raw socket and makes sure that the socket ends. What still comes is read and dropped for a moment, within
 * a bound: unread bytes would turn our end into a reset, and the answer could be lost with it.
 */
export function answerSocket(
  socket: Socket,
  status: number,
  headers: Readonly<Record<string, string>>,
  body: string,
): void {
  const timer = setTimeout(() => socket.destroy(), SOCKET_CLOSE_TIMEOUT_MS);
  timer.unref();
  socket.once('close', () => {
    clearTimeout(timer);
  });
  socket.on('error', () => socket.destroy());
  let byteCount = 0;
  socket.on('data', (chunk: Buffer) => {
    byteCount += chunk.length;
    if (byteCount > REFUSED_BYTES_MAX_BYTES) socket.destroy();
  });
  socket.resume();
  socket.end(`HTTP/1.1 ${String(status)} ${STATUS_CODES[status] ?? ''}\r\n${headerLines(headers)}\r\n${body}`);
}

function headersOf(refusal: Refusal): Record<string, string> {
  return {
    'Content-Type': refusal.contentType,
    'Content-Length': String(Buffer.byteLength(refusal.body)),
    Connection: 'close',
    'Cache-Control': 'no-store',
    ...NO_PAGE_HEADERS,
    // Agents ask an API without a runner id which generation it knows.
    'RevDial-Version': '3',
    ...refusal.headers,
  };
}

/** Each header on its line. The values are our own. */
export function headerLines(headers: Readonly<Record<string, string>>): string {
  return Object.entries(headers)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('');
}
