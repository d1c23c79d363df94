import type { Duplex } from 'node:stream';
import { type Printable, printJson } from './json.js';
import type { AnswerFaultKind } from './wolf-faults.js';
import { OVERSIZED_BODY_BYTES } from './wolf-limits.js';

/** An exception that no handler of Wolf catches: no reply, and the API thread is the worse for it (wolf-api §2.3). */
export class UncaughtWolfException extends Error {
  constructor(what: string) {
    super(what);
    this.name = 'UncaughtWolfException';
  }
}

export type WolfReply =
  | { readonly kind: 'body'; readonly status: number; readonly body: string }
  /** Closes without a byte. */
  | { readonly kind: 'nothing' }
  /** Stays open for events. */
  | { readonly kind: 'events' };

export function success(members: Readonly<Record<string, Printable | undefined>> = {}): WolfReply {
  return { kind: 'body', status: 200, body: printJson({ success: true, ...members }) };
}

/** Domain errors are 500 nearly everywhere (wolf-api §2). */
export function failure(error: string, status = 500): WolfReply {
  return { kind: 'body', status, body: printJson({ success: false, error }) };
}

export const NOT_FOUND: WolfReply = { kind: 'body', status: 404, body: '' };
export const CHUNKED_REFUSED: WolfReply = {
  kind: 'body',
  status: 500,
  body: 'Chunked encoding not supported, use HTTP/1.0 instead',
};
export const TOO_LARGE: WolfReply = { kind: 'body', status: 413, body: 'Payload Too Large' };
export const NOTHING: WolfReply = { kind: 'nothing' };

/** The reason phrase is OK for every code, and the length is the only header (wolf-api §1.2). */
function replyHead(status: number, bodyBytes: number): string {
  return `HTTP/1.0 ${String(status)} OK\r\nContent-Length: ${String(bodyBytes)}\r\n\r\n`;
}

export const EVENT_STREAM_HEAD =
  'HTTP/1.0 200 OK\r\nContent-Type: text/event-stream\r\nConnection: keep-alive\r\nCache-Control: no-cache\r\n\r\n';

/** Where an answer goes: the connection of its request. */
export type AnswerSink = Duplex;

/** Writes the whole answer and closes. An event stream is none of its business. */
export function sendReply(sink: AnswerSink, reply: WolfReply): void {
  if (reply.kind === 'body') sendAndClose(sink, wholeReply(reply.status, reply.body));
  else if (reply.kind === 'nothing') sink.destroy();
}

/** The answer as the fault spoils it. */
export function sendSpoiltReply(sink: AnswerSink, reply: WolfReply, fault: AnswerFaultKind): void {
  switch (fault) {
    case 'empty':
    case 'empty-unhandled':
      sink.destroy();
      return;
    case 'silent':
      // Reading goes on, so that the connection is noticed to end.
      sink.resume();
      return;
    case 'cut': {
      const body = reply.kind === 'body' ? Buffer.from(reply.body) : Buffer.alloc(0);
      const half = body.subarray(0, Math.floor(body.length / 2));
      const head = replyHead(200, Math.max(body.length, 1));
      sendAndClose(sink, Buffer.concat([Buffer.from(head), half]));
      return;
    }
    case 'unparseable500':
      sendAndClose(sink, wholeReply(500, 'terminate called without an active exception'));
      return;
    case 'unparseable200':
      sendAndClose(sink, wholeReply(200, '{"success":true,"lobbies":['));
      return;
    case 'wrong-shape':
      sendAndClose(sink, wholeReply(200, '{"success":true,"lobbies":{},"sessions":7,"lobby_id":42}'));
      return;
    case 'oversized':
      sendAndClose(
        sink,
        Buffer.concat([Buffer.from(replyHead(200, OVERSIZED_BODY_BYTES)), Buffer.alloc(OVERSIZED_BODY_BYTES, ' ')]),
      );
      return;
    default:
      fault satisfies never;
  }
}

function wholeReply(status: number, body: string): Buffer {
  return Buffer.from(`${replyHead(status, Buffer.byteLength(body))}${body}`);
}

/** Destroys after the flush and does not wait for the peer, as a closing process would. */
function sendAndClose(sink: AnswerSink, bytes: Buffer): void {
  sink.write(bytes, () => sink.destroy());
}
