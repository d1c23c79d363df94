import type { Duplex } from 'node:stream';
import { onAbort } from '@helix/pacing';
import { runnerIdOf, type RunnerDialer } from '@helix/revdial';
import { WebSocket } from 'ws';
import { ExternalAgentError } from '../../external-agent-error.js';
import { LIMITS } from '../../limits.js';
import type { DialectPolicy } from '../dialect/dialect-policy.js';

export interface UpstreamTarget {
  readonly wolfInstanceId: string;
  readonly policy: DialectPolicy;
  readonly credentials: string;
}

/** Whom a host that takes its user from the proxy is told (moonlight-web §6). */
const FORWARDED_USER = 'helix';

/**
 * Opens the host's signalling socket through its tunnel. Resolves when the host has answered 101; nothing was said yet. The socket
 * never pings, never answers a ping, compresses nothing and sends each message as one frame: anything else ends the session there
 * (moonlight-web §3.6). Aborting cancels all of it.
 * @throws ExternalAgentError STREAM_REFUSED (the host answers, but no socket), STREAM_TIMEOUT
 * @throws RevDialError as the dial fails; DIAL_ABORTED when the caller left
 */
export async function openUpstream(
  dialer: RunnerDialer,
  { wolfInstanceId, policy, credentials }: UpstreamTarget,
  signal: AbortSignal,
): Promise<WebSocket> {
  const stream = await dialer.dial(runnerIdOf('moonlight', wolfInstanceId), {
    signal,
    timeoutMs: LIMITS.streamConnectMs,
  });
  return await shakeHands(stream, policy, credentials, signal);
}

function shakeHands(
  stream: Duplex,
  policy: DialectPolicy,
  credentials: string,
  signal: AbortSignal,
): Promise<WebSocket> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`ws://moonlight-web${policy.path}`, {
      createConnection: () => stream,
      perMessageDeflate: false,
      autoPong: false,
      maxPayload: policy.hostMessageMaxBytes,
      // Browsers and upstream agree on the bytes; to check each character of media would cost and change nothing.
      skipUTF8Validation: policy.isBinaryAllowed,
      followRedirects: false,
      headers: {
        authorization: `Bearer ${credentials}`,
        ...(policy.isUserForwarded && { 'x-forwarded-user': FORWARDED_USER }),
      },
    });
    const fail = (error: Error): void => {
      settle();
      socket.on('error', () => undefined);
      socket.terminate();
      stream.destroy();
      reject(error);
    };
    const timer = setTimeout(() => {
      fail(new ExternalAgentError('STREAM_TIMEOUT', 'Moonlight Web on the host does not answer'));
    }, LIMITS.streamConnectMs);
    const onError = (cause: Error): void => {
      fail(new ExternalAgentError('STREAM_REFUSED', 'Moonlight Web on the host cannot be reached', { cause }));
    };
    const settle = (): void => {
      clearTimeout(timer);
      stopListening();
      socket.off('error', onError);
    };
    socket.on('error', onError);
    socket.once('unexpected-response', (_request, response) => {
      fail(
        new ExternalAgentError(
          'STREAM_REFUSED',
          `Moonlight Web on the host answered ${String(response.statusCode)} to the upgrade`,
        ),
      );
    });
    socket.once('open', () => {
      settle();
      // Garbage may come before its next owner listens, and every error is followed by the close.
      socket.on('error', () => undefined);
      resolve(socket);
    });
    let stopListening = (): void => undefined;
    stopListening = onAbort(signal, () => {
      fail(new ExternalAgentError('STREAM_ABORTED', 'the viewer left before the host answered'));
    });
  });
}
