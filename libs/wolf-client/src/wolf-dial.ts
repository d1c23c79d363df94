import { once } from 'node:events';
import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import { type RunnerDialer, runnerIdOf } from '@helix/revdial';
import { WolfError } from './wolf-error.js';

/**
 * Opens a fresh byte stream to one Wolf. When the signal aborts, the dial rejects and leaves nothing open. Rejects with
 * the error of the transport; the client wraps that as WOLF_UNREACHABLE.
 */
export type WolfDial = (signal: AbortSignal) => Promise<Duplex>;

/**
 * Dials a Wolf on this machine by its socket's path. By path each time: Wolf makes a new socket file at every start
 * (wolf-api §1.1). Rejects with the system's error, such as ENOENT or ECONNREFUSED.
 */
export function localSocketDial(path: string): WolfDial {
  return async (signal) => {
    signal.throwIfAborted();
    const socket = connect({ path });
    try {
      await once(socket, 'connect', { signal });
      return socket;
    } catch (error) {
      socket.on('error', () => undefined);
      socket.destroy();
      throw error;
    }
  };
}

/**
 * Dials a Wolf behind NAT through the link of its host, the runner `wolf-<instance>`. Rejects with the tunnel's RevDialError.
 * @throws WolfError WOLF_INVALID_REQUEST when the id cannot be that of an instance
 */
export function revDialDial(dialer: RunnerDialer, wolfInstanceId: string): WolfDial {
  const runnerId = runnerIdOfInstance(wolfInstanceId);
  return (signal) => dialer.dial(runnerId, { signal });
}

function runnerIdOfInstance(wolfInstanceId: string): ReturnType<typeof runnerIdOf> {
  try {
    return runnerIdOf('wolf', wolfInstanceId);
  } catch (cause) {
    throw new WolfError('WOLF_INVALID_REQUEST', 'not the id of a Wolf instance', { cause });
  }
}
