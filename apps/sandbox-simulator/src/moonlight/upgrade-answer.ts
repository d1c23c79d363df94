import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
/** actix-http takes these (moonlight-web §3). */
const VERSIONS = ['13', '8', '7'];

/** The head that turns the connection into a WebSocket, without subprotocol or extension; undefined where actix says 400. */
export function upgradeAnswer(req: IncomingMessage): string | undefined {
  const key = req.headers['sec-websocket-key'];
  const version = req.headers['sec-websocket-version'] ?? '';
  if (req.headers.upgrade?.toLowerCase() !== 'websocket') return undefined;
  if (key === undefined || !VERSIONS.includes(version)) return undefined;
  const accept = createHash('sha1').update(`${key}${GUID}`).digest('base64');
  return [
    'HTTP/1.1 101 Switching Protocols',
    'Upgrade: websocket',
    'Connection: Upgrade',
    `Sec-WebSocket-Accept: ${accept}`,
    '\r\n',
  ].join('\r\n');
}
