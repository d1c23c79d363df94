import { withDeadline } from '@helix/pacing';
import type { DialBackTransport } from './dial-back-transport.js';
import type { RunnerTimings } from './limits.js';
import type { MultiplexedTransport } from './multiplexed-transport.js';
import { MACHINE_ID } from './machine-id.js';
import { openHijackControl } from './open-hijack-control.js';
import { openWebSocketControl } from './open-websocket-control.js';
import { ResumingLink } from './resuming-link.js';
import type { RunnerLogger } from './runner-logger.js';
import type { SocketConnector } from './socket-connector.js';
import { fixedToken } from './token-source.js';
import { ConnectError } from './connect-error.js';

export type CheckedTransport = MultiplexedTransport | DialBackTransport;

export interface TransportCheck {
  readonly connector: SocketConnector;
  readonly transport: CheckedTransport;
  readonly token: string;
  /** Of nobody else: a link of it really stands for a moment. */
  readonly runnerId: string;
  readonly timings: RunnerTimings;
}

const SILENT: RunnerLogger = { debug: ignore, info: ignore, warn: ignore, error: ignore };

/**
 * Opens a link over this transport, waits until bytes of the API have come through it, and closes it.
 * @throws ConnectError of every code; the signal's reason
 */
export async function checkTransport(check: TransportCheck, signal: AbortSignal): Promise<void> {
  const { connector, transport, token, runnerId, timings } = check;
  if (transport === 'mux' || transport === 'mux-websocket') {
    const link = await ResumingLink.open(
      {
        connector,
        runnerIds: [runnerId],
        token: fixedToken(token),
        timings,
        logger: SILENT,
        machineId: MACHINE_ID,
        onStream: (stream) => {
          stream.reset('refused');
        },
        onDrain: ignore,
        mayBeSucceeded: () => false,
      },
      transport,
      signal,
    );
    await link.close();
    return;
  }
  const options = { connector, runnerId, token, timings, onMessage: ignore };
  if (transport === 'hijack') {
    // Open means that its first line is here.
    const channel = await openHijackControl(options, signal);
    await channel.close();
    return;
  }
  const channel = await openWebSocketControl(options, signal);
  const timeoutError = (): Error => new ConnectError('NOT_A_LINK', 'a WebSocket opened, and nothing came through');
  try {
    await withDeadline(timings.firstLineTimeoutMs, signal, timeoutError, (bounded) =>
      Promise.race([
        channel.firstMessage,
        channel.closed.then(({ detail }) => {
          throw new ConnectError('NOT_A_LINK', `cut before the first keep-alive: ${detail}`);
        }),
        new Promise<never>((_resolve, reject) => {
          bounded.addEventListener('abort', () => {
            reject(bounded.reason instanceof Error ? bounded.reason : new Error('aborted'));
          });
        }),
      ]),
    );
  } finally {
    await channel.close();
  }
}

function ignore(): void {
  return undefined;
}
