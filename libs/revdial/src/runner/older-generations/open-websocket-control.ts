import { controlPath } from '../connect/server-address.js';
import { CONTROL_FRAME_MAX_BYTES } from '../limits.js';
import { openClientWebSocket } from './client-websocket.js';
import { ControlChannel } from './control-channel.js';
import type { ControlOpenOptions } from './control-channel.js';

const NORMAL_CLOSURE = 1000;
/** What the API says with it when a newer link of this runner stands (docs/protocol.md). */
const SUPERSEDED = 'superseded';

/**
 * Opens the control connection of generation 2 (revdial-wire §3): a WebSocket whose binary frames carry the lines. Pings
 * the API; anything that is read counts as life, a ping or pong too.
 * @throws ConnectError as `openClientWebSocket`; the signal's reason
 */
export async function openWebSocketControl(options: ControlOpenOptions, signal: AbortSignal): Promise<ControlChannel> {
  const { connector, timings } = options;
  const { websocket, socket } = await openClientWebSocket(
    {
      connector,
      path: controlPath(connector.server, options.runnerId),
      token: options.token,
      maxFrameBytes: CONTROL_FRAME_MAX_BYTES,
      connectTimeoutMs: timings.connectTimeoutMs,
      handshakeTimeoutMs: timings.handshakeTimeoutMs,
    },
    signal,
  );
  const channel = new ControlChannel(
    {
      transport: 'websocket',
      queuedByteCount: () => socket.writableLength,
      write: (line) => {
        websocket.send(line, { binary: true });
      },
      end: () => {
        websocket.close(NORMAL_CLOSURE);
      },
      destroy: () => {
        websocket.terminate();
      },
      gone: new Promise((resolve) => {
        websocket.once('close', () => {
          resolve();
        });
      }),
    },
    { silenceLimitMs: timings.websocketSilenceLimitMs, onMessage: options.onMessage },
  );
  const pingTimer = setInterval(() => {
    websocket.ping();
  }, timings.pingIntervalMs);
  let failure: Error | undefined;
  websocket.on('error', (error) => {
    failure = error;
  });
  websocket.on('message', (message, isBinary) => {
    if (!isBinary) channel.destroy('protocol-violation', 'a text frame on the control connection');
    else if (message instanceof Buffer) channel.receive(message);
  });
  websocket.on('ping', () => {
    channel.heard();
  });
  websocket.on('pong', () => {
    channel.heard();
  });
  websocket.once('close', (code, reason) => {
    clearInterval(pingTimer);
    const text = reason.toString('utf8');
    if (failure !== undefined) channel.end('error', `the WebSocket failed (${failure.message})`);
    else if (code === NORMAL_CLOSURE && text === SUPERSEDED)
      channel.end('superseded', 'a newer link of this runner stands');
    else channel.end('peer-closed', `closed with ${String(code)} ${text}`.trimEnd());
  });
  void channel.closed.then(() => {
    clearInterval(pingTimer);
  });
  websocket.resume();
  return channel;
}
