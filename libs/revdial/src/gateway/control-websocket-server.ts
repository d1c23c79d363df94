import { WebSocketServer } from 'ws';
import type { ServerOptions } from 'ws';
import { CONTROL_MESSAGE_MAX_BYTES, WEBSOCKET_CLOSE_TIMEOUT_MS } from '../limits.js';

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
