import type { Socket } from 'node:net';
import { onAbort } from '@helix/pacing';
import { REFUSAL_BODY_MAX_BYTES, REFUSAL_BODY_WAIT_MS, RESPONSE_HEAD_MAX_BYTES } from '../limits.js';
import { ConnectError } from './connect-error.js';

export interface ResponseHead {
  readonly status: number;
  /** Lower-case names; of a repeated header the last. */
  readonly headers: ReadonlyMap<string, string>;
}

const HEAD_END = '\r\n\r\n';
const STATUS_LINE = /^HTTP\/1\.[01] (\d{3})(?: |$)/;

/**
 * Reads an HTTP/1 response head from a raw socket and leaves the socket paused, with what followed the head put back.
 * Node's own client cannot be used: it would take what follows a 200 for a body.
 * @throws ConnectError NOT_A_LINK when the answer is too long, is not HTTP or ends early; the signal's reason. The socket
 * is destroyed then.
 */
export async function readResponseHead(socket: Socket, signal: AbortSignal): Promise<ResponseHead> {
  const text = await readUntil(socket, HEAD_END, RESPONSE_HEAD_MAX_BYTES, signal);
  const head = parseHead(text);
  if (head === undefined) {
    socket.destroy();
    throw new ConnectError('NOT_A_LINK', 'the answer is not HTTP/1');
  }
  return head;
}

/** What the body of a refusal begins with, as far as it comes soon. Destroys the socket. Never rejects. */
export function readRefusalBody(socket: Socket): Promise<string> {
  return new Promise((resolve) => {
    let body = '';
    const finish = (): void => {
      clearTimeout(timer);
      socket.off('data', onData);
      socket.off('close', finish);
      socket.destroy();
      resolve(body.slice(0, REFUSAL_BODY_MAX_BYTES));
    };
    const onData = (chunk: Buffer): void => {
      body += chunk.toString('latin1');
      if (body.length >= REFUSAL_BODY_MAX_BYTES || body.endsWith('\n')) finish();
    };
    const timer = setTimeout(finish, REFUSAL_BODY_WAIT_MS);
    socket.on('data', onData);
    socket.once('end', finish);
    socket.once('close', finish);
    socket.resume();
  });
}

function readUntil(socket: Socket, end: string, maxBytes: number, signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    let received: Buffer = Buffer.alloc(0);
    let stopListening = (): void => undefined;
    const settle = (): void => {
      socket.pause();
      socket.off('data', onData);
      socket.off('end', onClose);
      socket.off('close', onClose);
      stopListening();
    };
    const fail = (error: unknown): void => {
      settle();
      socket.destroy();
      reject(error instanceof Error ? error : new Error('aborted'));
    };
    const onData = (chunk: Buffer): void => {
      received = received.length === 0 ? chunk : Buffer.concat([received, chunk]);
      const at = received.indexOf(end);
      if (at < 0 && received.length <= maxBytes) return;
      if (at < 0 || at > maxBytes) {
        fail(new ConnectError('NOT_A_LINK', `the answer's head is longer than ${String(maxBytes)} bytes`));
        return;
      }
      settle();
      const rest = received.subarray(at + end.length);
      if (rest.length > 0) socket.unshift(rest);
      resolve(received.toString('latin1', 0, at));
    };
    const onClose = (): void => {
      fail(new ConnectError('NOT_A_LINK', 'the connection was cut before it was answered'));
    };
    socket.on('data', onData);
    socket.once('end', onClose);
    socket.once('close', onClose);
    stopListening = onAbort(signal, fail);
    if (signal.aborted) return;
    if (socket.destroyed) onClose();
    else socket.resume();
  });
}

function parseHead(text: string): ResponseHead | undefined {
  const [statusLine = '', ...lines] = text.split('\r\n');
  const match = STATUS_LINE.exec(statusLine);
  if (match === null) return undefined;
  const headers = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(':');
    if (colon > 0) headers.set(line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim());
  }
  return { status: Number(match[1]), headers };
}
