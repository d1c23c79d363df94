import type { Socket } from 'node:net';
import { withDeadline } from '@helix/pacing';
import { ConnectError, connectErrorOf } from '../connect/connect-error.js';
import { readRefusalBody, readResponseHead } from '../connect/response-head.js';
import type { ResponseHead } from '../connect/response-head.js';
import { controlPath } from '../connect/server-address.js';
import { ControlChannel } from './control-channel.js';
import type { ControlOpenOptions } from './control-channel.js';

/**
 * Opens the control connection of generation 1 (revdial-wire §2): a plain request with `Connection: Upgrade` and no
 * `Upgrade`, answered exactly 200, after which the socket carries lines both ways. It counts as open when the first line
 * is here, because only then is it known that what is in between passes bytes on at once. Each keep-alive is answered by
 * the same line, which tells our API that this end lives; servers that do not know it ignore it.
 * @throws ConnectError as `SocketConnector.connect`, REFUSED, UNAVAILABLE, NOT_A_LINK; the signal's reason
 */
export async function openHijackControl(options: ControlOpenOptions, signal: AbortSignal): Promise<ControlChannel> {
  const { connector, timings } = options;
  const socket = await connector.connect(signal, timings.connectTimeoutMs);
  socket.write(
    `GET ${controlPath(connector.server, options.runnerId)} HTTP/1.1\r\nHost: ${connector.server.authority}\r\n` +
      `Authorization: Bearer ${options.token}\r\nConnection: Upgrade\r\n\r\n`,
  );
  const head = await readHead(socket, options, signal);
  if (head.status !== 200) {
    const body = await readRefusalBody(socket);
    throw connectErrorOf({ status: head.status, retryAfter: head.headers.get('retry-after'), body });
  }
  const channel = channelOver(socket, options);
  try {
    const { firstLineTimeoutMs } = timings;
    const problem = `answered 200, then nothing for ${String(firstLineTimeoutMs)} ms`;
    await channel.untilFirstLine(firstLineTimeoutMs, problem, signal);
  } catch (error) {
    channel.destroy('error', 'not opened');
    throw error;
  }
  return channel;
}

function readHead(socket: Socket, options: ControlOpenOptions, signal: AbortSignal): Promise<ResponseHead> {
  const { handshakeTimeoutMs } = options.timings;
  const timeoutError = (): Error =>
    new ConnectError('NOT_A_LINK', `no answer to the hijack request within ${String(handshakeTimeoutMs)} ms`);
  return withDeadline(handshakeTimeoutMs, signal, timeoutError, (bounded) => readResponseHead(socket, bounded));
}

function channelOver(socket: Socket, options: ControlOpenOptions): ControlChannel {
  const { hijackSilenceLimitMs, keepAliveAnswerDelayMs } = options.timings;
  const answersFromMs = performance.now() + keepAliveAnswerDelayMs;
  const channel: ControlChannel = new ControlChannel(
    {
      transport: 'hijack',
      queuedByteCount: () => socket.writableLength,
      write: (line) => {
        socket.write(line);
      },
      end: () => {
        socket.destroySoon();
      },
      destroy: () => {
        socket.destroy();
      },
      gone: new Promise((resolve) => {
        socket.once('close', () => {
          resolve();
        });
      }),
    },
    {
      silenceLimitMs: hijackSilenceLimitMs,
      onMessage: (message) => {
        if (message.command === 'keep-alive' && performance.now() >= answersFromMs) channel.send(message);
        options.onMessage(message);
      },
    },
  );
  let failure: Error | undefined;
  socket.on('error', (error) => {
    failure = error;
  });
  socket.on('data', (chunk) => {
    channel.receive(chunk);
  });
  socket.once('end', () => {
    channel.destroy('peer-closed', 'the far side closed the connection');
  });
  socket.once('close', () => {
    if (failure === undefined) channel.end('peer-closed', 'the connection was closed');
    else channel.end('error', `the connection failed (${failure.message})`);
  });
  socket.resume();
  return channel;
}
