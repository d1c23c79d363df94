import { createHash, randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { withDeadline } from '@helix/pacing';
import type { BytePipe } from '../../carrier/byte-pipe.js';
import { SocketCarrier } from '../../carrier/socket-carrier.js';
import { WebSocketCarrier } from '../../carrier/websocket-carrier.js';
import type { ReadHeaders } from '../../resumable/resumption.js';
import { ConnectError, connectErrorOf } from '../connect/connect-error.js';
import { readRefusalBody, readResponseHead } from '../connect/response-head.js';
import type { ResponseHead } from '../connect/response-head.js';
import { multiplexedPath } from '../connect/server-address.js';
import type { SocketConnector } from '../connect/socket-connector.js';
import type { RunnerTimings } from '../limits.js';
import type { MultiplexedTransport } from '../tunnel-status.js';

/**
 * Tells this process from others that claim the same runner ids (docs/protocol.md, "Two machines with one id"). Random, so that
 * it says nothing about the machine, and new with each start: the connections of a process that has died die with it.
 */
export const MACHINE_ID = randomBytes(16).toString('base64url');

/** RFC 6455 §1.3. */
const ACCEPT_SUFFIX = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

export interface CarrierRequest {
  readonly connector: SocketConnector;
  readonly transport: MultiplexedTransport;
  /** `none`: a question that every API refuses. */
  readonly runnerIds: readonly string[] | 'none';
  readonly token: string;
  readonly timings: RunnerTimings;
  /** Those of a resumption. */
  readonly headers?: Readonly<Record<string, string>>;
}

export interface OpenedCarrier {
  readonly carrier: BytePipe;
  /** Of the answer. */
  readonly headers: ReadHeaders;
  /** Resolves with the first bytes that come through; never, if none do. */
  readonly heard: Promise<void>;
}

/**
 * Asks the API for a connection that carries a link of generation 3 (docs/protocol.md). An API that does not know it answers
 * with some status, which NOT_A_LINK carries; where there was no answer at all it carries none.
 * @throws ConnectError as `SocketConnector.connect`, REFUSED, UNAVAILABLE, NOT_A_LINK; the signal's reason
 */
export async function openMultiplexedCarrier(request: CarrierRequest, signal: AbortSignal): Promise<OpenedCarrier> {
  const { connector, transport, timings } = request;
  const socket = await connector.connect(signal, timings.connectTimeoutMs);
  const key = randomBytes(16).toString('base64');
  const head = await ask(socket, request, key, signal).catch((error: unknown) => {
    socket.destroy();
    throw error;
  });
  if (head.status !== 101) {
    const body = await readRefusalBody(socket);
    throw connectErrorOf({
      status: head.status,
      retryAfter: head.headers.get('retry-after'),
      body,
      headers: head.headers,
    });
  }
  const problem = transport === 'mux' ? upgradeProblem(head) : webSocketProblem(head, key);
  if (problem !== undefined) {
    socket.destroy();
    throw new ConnectError('NOT_A_LINK', problem, { status: head.status });
  }
  const carrier = transport === 'mux' ? new SocketCarrier(socket) : new WebSocketCarrier(socket, 'client');
  const heard = new Promise<void>((resolve) => {
    // The carrier has paused the socket, and does not miss anything by a second listener.
    socket.once('data', () => {
      resolve();
    });
  });
  return { carrier, headers: Object.fromEntries(head.headers), heard };
}

function ask(socket: Socket, request: CarrierRequest, key: string, signal: AbortSignal): Promise<ResponseHead> {
  const { connector, transport, runnerIds, token } = request;
  const { handshakeTimeoutMs } = request.timings;
  const headers = {
    Host: connector.server.authority,
    Authorization: `Bearer ${token}`,
    Connection: 'Upgrade',
    ...(transport === 'mux'
      ? { Upgrade: 'revdial', 'RevDial-Version': '3' }
      : {
          Upgrade: 'websocket',
          'Sec-WebSocket-Version': '13',
          'Sec-WebSocket-Key': key,
          'Sec-WebSocket-Protocol': 'revdial.v3',
        }),
    ...request.headers,
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.write(`GET ${multiplexedPath(connector.server, runnerIds)} HTTP/1.1\r\n${lines.join('')}\r\n`);
  const timeoutError = (): Error =>
    new ConnectError('NOT_A_LINK', `no answer to the handshake within ${String(handshakeTimeoutMs)} ms`);
  return withDeadline(handshakeTimeoutMs, signal, timeoutError, (bounded) => readResponseHead(socket, bounded));
}

function upgradeProblem({ headers }: ResponseHead): string | undefined {
  return headers.get('upgrade')?.toLowerCase() === 'revdial'
    ? undefined
    : 'answered 101, and upgraded to something else';
}

function webSocketProblem({ headers }: ResponseHead, key: string): string | undefined {
  const accept = createHash('sha1')
    .update(key + ACCEPT_SUFFIX)
    .digest('base64');
  if (headers.get('upgrade')?.toLowerCase() !== 'websocket' || headers.get('sec-websocket-accept') !== accept)
    return 'answered 101, and not as a WebSocket';
  // Of generation 2, and of no use here.
  if (headers.get('sec-websocket-protocol') !== 'revdial.v3') return 'answered 101 without the subprotocol';
  return headers.has('sec-websocket-extensions') ? 'answered 101 with extensions that were not asked for' : undefined;
}
