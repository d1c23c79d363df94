import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { WebSocketServer } from 'ws';
import type { ServerOptions } from 'ws';
import { CONTROL_MESSAGE_MAX_BYTES, WEBSOCKET_CLOSE_TIMEOUT_MS } from '../limits.js';
import { headerLines } from './refusal.js';

/** RFC 6455 §1.3. */
const ACCEPT_SUFFIX = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
/** Sixteen bytes in base64. */
const KEY = /^[+/0-9A-Za-z]{22}==$/;

/**
 * The answer that opens a WebSocket (RFC 6455 §4.2.2), without extensions, with `further` headers; `undefined` when the request is
 * not one for version 13.
 */
export function webSocketAcceptance(
  request: IncomingMessage,
  further: Readonly<Record<string, string>> = {},
): string | undefined {
  const { 'sec-websocket-key': key, 'sec-websocket-version': version } = request.headers;
  if (key === undefined || !KEY.test(key) || version !== '13') return undefined;
  const accept = createHash('sha1')
    .update(key + ACCEPT_SUFFIX)
    .digest('base64');
  return (
    'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
    `Sec-WebSocket-Accept: ${accept}\r\n${headerLines(further)}\r\n`
  );
}

/** Upgrades control connections of generation 2. */
export function controlWebSocketServer(): WebSocketServer {
  const options: ServerOptions & { readonly closeTimeout: number } = {
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    skipUTF8Validation: true,
    maxPayload: CONTROL_MESSAGE_MAX_BYTES,
    closeTimeout: WEBSOCKET_CLOSE_TIMEOUT_MS,
  };
  return new WebSocketServer(options);
}
