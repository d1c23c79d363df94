import { connect } from 'node:net';
import type { NetConnectOpts, Socket } from 'node:net';
import { RevDialError } from '../revdial-error.js';
import type { RunnerDialer } from '../runner-dialer.js';
import type { RunnerId } from '../runner-id.js';
import type { OpenStreamOptions } from '../runner-link.js';

/** A dialer without a tunnel: each runner id stands for a local address. Unknown ids are RUNNER_NOT_CONNECTED. */
export class LocalDialer implements RunnerDialer {
  readonly #addresses = new Map<RunnerId, NetConnectOpts>();
  dialCount = 0;

  set(runnerId: RunnerId, address: NetConnectOpts): void {
    this.#addresses.set(runnerId, address);
  }

  remove(runnerId: RunnerId): void {
    this.#addresses.delete(runnerId);
  }

  dial(runnerId: RunnerId, options: OpenStreamOptions = {}): Promise<Socket> {
    this.dialCount += 1;
    const address = this.#addresses.get(runnerId);
    if (address === undefined)
      return Promise.reject(new RevDialError('RUNNER_NOT_CONNECTED', `${runnerId} is not connected`));
    return new Promise((resolve, reject) => {
      const socket = connect(address);
      const onAbort = (): void => {
        socket.destroy();
        reject(new RevDialError('DIAL_ABORTED', 'the caller gave up'));
      };
      options.signal?.addEventListener('abort', onAbort, { once: true });
      socket.once('connect', () => {
        options.signal?.removeEventListener('abort', onAbort);
        socket.off('error', onError);
        resolve(socket);
      });
      // A tunnel answers the dial and then ends the stream; without one the refusal comes first.
      const onError = (cause: Error): void => {
        reject(new RevDialError('SERVICE_DOWN', 'the local service is down', { cause }));
      };
      socket.once('error', onError);
    });
  }
}
