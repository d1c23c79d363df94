import type { Duplex } from 'node:stream';
import type { AnswerFaultKind } from './wolf-faults.js';
import { OVERSIZED_BODY_BYTES } from './wolf-limits.js';
import { replyHead, type WolfReply } from './wolf-reply.js';

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
