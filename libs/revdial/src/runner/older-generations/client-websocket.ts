import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { onAbort, withDeadline } from '@helix/pacing';
import { WebSocket } from 'ws';
import { ConnectError, connectErrorOf } from '../connect/connect-error.js';
import type { SocketConnector } from '../connect/socket-connector.js';
import { REFUSAL_BODY_MAX_BYTES, REFUSAL_BODY_WAIT_MS } from '../limits.js';

export interface ClientWebSocketOptions {
  readonly connector: SocketConnector;
  /** Path and query on the connector's server. */
  readonly path: string;
  readonly token: string;
  readonly maxFrameBytes: number;
  readonly connectTimeoutMs: number;
  readonly handshakeTimeoutMs: number;
}

/** An open WebSocket, paused, and the socket under it, whose `drain` and queue are what backpressure goes by. */
export interface ClientWebSocket {
  readonly websocket: WebSocket;
  readonly socket: Socket;
}

/**
 * The all-zero masking key, which `ws` recognises and then leaves the payload alone: a 750 KB picture costs no XOR and no
 * copy. The key protects intermediaries from scripts in a browser, which can make it send chosen bytes where they could
 * not send any themselves. The agent is no browser: what feeds it bytes is a process that can open sockets of its own.
 */
const zeroMask = (mask: Buffer): void => {
  mask.fill(0);
};

/**
 * Opens a WebSocket, without compression, which generations 1 and 2 do not know.
 * @throws ConnectError as `SocketConnector.connect`, REFUSED, UNAVAILABLE, NOT_A_LINK; the signal's reason
 */
export async function openClientWebSocket(
  options: ClientWebSocketOptions,
  signal: AbortSignal,
): Promise<ClientWebSocket> {
  const { connector, handshakeTimeoutMs } = options;
  const socket = await connector.connect(signal, options.connectTimeoutMs);
  const timeoutError = (): Error =>
    new ConnectError('NOT_A_LINK', `no answer to the WebSocket handshake within ${String(handshakeTimeoutMs)} ms`);
  try {
    const websocket = await withDeadline(handshakeTimeoutMs, signal, timeoutError, (bounded) =>
      shakeHands(socket, options, bounded),
    );
    return { websocket, socket };
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

function shakeHands(socket: Socket, options: ClientWebSocketOptions, signal: AbortSignal): Promise<WebSocket> {
  const { server } = options.connector;
  return new Promise((resolve, reject) => {
    const websocket = new WebSocket(`${server.tls ? 'wss' : 'ws'}://${server.authority}${options.path}`, {
      createConnection: () => socket,
      headers: { Authorization: `Bearer ${options.token}` },
      perMessageDeflate: false,
      generateMask: zeroMask,
      maxPayload: options.maxFrameBytes,
      // Bytes in a text frame are an error for us anyway; nothing else is text on this wire.
      skipUTF8Validation: true,
    });
    let stopListening = (): void => undefined;
    const settle = (): void => {
      stopListening();
      websocket.off('open', onOpen);
      websocket.off('unexpected-response', onUnexpectedResponse);
    };
    const fail = (error: unknown): void => {
      settle();
      reject(error instanceof Error ? error : new Error('aborted'));
    };
    const onOpen = (): void => {
      settle();
      // There is no listener yet, and what came with the handshake's answer must not be lost.
      websocket.pause();
      resolve(websocket);
    };
    const onUnexpectedResponse = (_request: unknown, response: IncomingMessage): void => {
      void readBody(response).then((body) => {
        fail(connectErrorOf({ status: response.statusCode ?? 0, retryAfter: response.headers['retry-after'], body }));
        websocket.terminate();
      });
    };
    websocket.once('open', onOpen);
    websocket.once('unexpected-response', onUnexpectedResponse);
    // Stays for good: an error of a WebSocket is always followed by 'close'.
    websocket.on('error', (cause) => {
      fail(new ConnectError('NOT_A_LINK', `the WebSocket handshake failed (${cause.message})`, { cause }));
    });
    stopListening = onAbort(signal, (reason) => {
      fail(reason);
      websocket.terminate();
    });
  });
}

function readBody(response: IncomingMessage): Promise<string> {
  return new Promise((resolve) => {
    let body = '';
    const finish = (): void => {
      clearTimeout(timer);
      response.destroy();
      resolve(body.slice(0, REFUSAL_BODY_MAX_BYTES));
    };
    const timer = setTimeout(finish, REFUSAL_BODY_WAIT_MS);
    response.on('data', (chunk: Buffer) => {
      body += chunk.toString('latin1');
      if (body.length >= REFUSAL_BODY_MAX_BYTES) finish();
    });
    response.once('end', finish);
    response.once('error', finish);
    response.once('close', finish);
  });
}
