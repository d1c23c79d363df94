import { once } from 'node:events';
import { connect } from 'node:net';
import { Duplex } from 'node:stream';
import { RevDialError, type OpenStreamOptions, type RunnerDialer, type RunnerId } from '@helix/revdial';

/**
 * Stands in for the tunnel: streams that are not sockets, to the runner's socket, and the tunnel's errors. A refused
 * connection is told as the runner tells it, by a failed pick-up.
 */
export class UnixSocketDialer implements RunnerDialer {
  readonly dialled: RunnerId[] = [];

  constructor(private readonly socketPath: string) {}

  async dial(runnerId: RunnerId, options: OpenStreamOptions = {}): Promise<Duplex> {
    this.dialled.push(runnerId);
    const socket = connect(this.socketPath);
    try {
      await once(socket, 'connect', options.signal === undefined ? {} : { signal: options.signal });
    } catch (cause) {
      socket.destroy();
      throw new RevDialError('PICKUP_FAILED', 'the runner could not dial its service', { cause });
    }
    const stream = Duplex.from({ readable: socket, writable: socket });
    stream.once('close', () => socket.destroy());
    socket.on('error', () => stream.destroy());
    return stream;
  }
}
