import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import type { WolfDial } from './wolf-dial.js';

/**
 * Dials a Wolf on this machine by its socket's path. By path each time: Wolf makes a new socket file at every start
 * (wolf-api §1.1). Rejects with the system's error, such as ENOENT or ECONNREFUSED.
 */
export function localSocketDial(path: string): WolfDial {
  return (signal) =>
    new Promise<Duplex>((resolve, reject) => {
      if (signal.aborted) {
        reject(asError(signal.reason));
        return;
      }
      const socket = connect({ path });
      const settle = (): void => {
        signal.removeEventListener('abort', abort);
        socket.off('error', fail);
        socket.off('connect', succeed);
      };
      const abort = (): void => {
        settle();
        socket.on('error', () => undefined);
        socket.destroy();
        reject(asError(signal.reason));
      };
      const fail = (error: Error): void => {
        settle();
        reject(error);
      };
      const succeed = (): void => {
        settle();
        resolve(socket);
      };
      signal.addEventListener('abort', abort, { once: true });
      socket.once('error', fail);
      socket.once('connect', succeed);
    });
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error('aborted', { cause: reason });
}
