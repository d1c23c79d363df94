import { printJson, type Printable } from './json-writer.js';

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

/** The reason phrase is OK whatever the code, and the length is the only header (wolf-api §1.2). */
export function replyHead(status: number, bodyBytes: number): string {
  return `HTTP/1.0 ${String(status)} OK\r\nContent-Length: ${String(bodyBytes)}\r\n\r\n`;
}

export const EVENT_STREAM_HEAD =
  'HTTP/1.0 200 OK\r\nContent-Type: text/event-stream\r\nConnection: keep-alive\r\nCache-Control: no-cache\r\n\r\n';
