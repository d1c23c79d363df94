import { randomBytes } from 'node:crypto';
import { withDeadline } from '@helix/pacing';
import { ConnectError, isConnectError, connectErrorOf } from '../connect/connect-error.js';
import { readRefusalBody, readResponseHead } from '../connect/response-head.js';
import { controlPath } from '../connect/server-address.js';
import type { SocketConnector } from '../connect/socket-connector.js';
import type { RunnerTimings } from '../limits.js';
import { askToResumeNothing } from '../link/ask-for-generation-3.js';

export interface TokenCheck {
  readonly connector: SocketConnector;
  readonly runnerId: string;
  readonly token: string;
  readonly timings: RunnerTimings;
}

/**
 * Would the API let this token open a link of this runner? Asks for what it refuses after it has looked at both, so that an
 * agent of the same runner is not disturbed: to resume a link that never was; and an API before generation 3 for a WebSocket of
 * a version that does not exist. Resolves when it would.
 * @throws ConnectError REFUSED, UNAVAILABLE and those of connecting; NOT_A_LINK when nothing that is understood was answered
 */
export async function checkRunnerToken(check: TokenCheck, signal: AbortSignal): Promise<void> {
  const { connector, runnerId, token, timings } = check;
  try {
    await askToResumeNothing({ connector, transport: 'mux', runnerIds: [runnerId], token, timings }, signal);
  } catch (error) {
    if (!isConnectError(error, 'NOT_A_LINK')) throw error;
    await askOlderApi(check, signal);
  }
}

async function askOlderApi({ connector, runnerId, token, timings }: TokenCheck, signal: AbortSignal): Promise<void> {
  const socket = await connector.connect(signal, timings.connectTimeoutMs);
  socket.write(
    `GET ${controlPath(connector.server, runnerId)} HTTP/1.1\r\nHost: ${connector.server.authority}\r\n` +
      `Authorization: Bearer ${token}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
      `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}\r\nSec-WebSocket-Version: 0\r\n\r\n`,
  );
  const timeoutError = (): Error => new ConnectError('NOT_A_LINK', 'no answer');
  const head = await withDeadline(timings.handshakeTimeoutMs, signal, timeoutError, (bounded) =>
    readResponseHead(socket, bounded),
  );
  const body = await readRefusalBody(socket);
  const { status } = head;
  const error = connectErrorOf({ status, retryAfter: head.headers.get('retry-after'), body, headers: head.headers });
  // What RFC 6455 §4.4 answers to a version that it does not know comes after everything else.
  const isAboutVersion = (status === 400 || status === 426) && error.code === 'NOT_A_LINK';
  if (!isAboutVersion) throw error;
}
