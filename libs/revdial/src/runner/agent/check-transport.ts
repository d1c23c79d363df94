import type { SocketConnector } from '../connect/socket-connector.js';
import { fixedToken } from '../connect/token-source.js';
import type { RunnerTimings } from '../limits.js';
import { MACHINE_ID } from '../link/open-multiplexed-carrier.js';
import { ResumingLink } from '../link/resuming-link.js';
import { checkOlderTransport } from '../older-generations/check-older-transport.js';
import type { DialBackTransport, MultiplexedTransport, RunnerLogger } from '../tunnel-status.js';

export type CheckedTransport = MultiplexedTransport | DialBackTransport;

export interface TransportCheck {
  readonly connector: SocketConnector;
  readonly transport: CheckedTransport;
  readonly token: string;
  /** Of this check alone: a link of it really stands for a moment. */
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
  if (transport === 'hijack' || transport === 'websocket') {
    await checkOlderTransport(transport, { connector, runnerId, token, timings }, signal);
    return;
  }
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
}

function ignore(): void {
  return undefined;
}
