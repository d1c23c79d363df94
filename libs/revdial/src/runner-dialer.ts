import type { Duplex } from 'node:stream';
import type { OpenStreamOptions } from './runner-link.js';
import type { RunnerId } from './runner-id.js';

/** Opens byte streams to runners by id, wherever their link is. The connection manager is one; tests have others. */
export interface RunnerDialer {
  /**
   * Resolves with a fresh stream to the runner's local service. While the runner is within its grace period the dial
   * waits for the link to come back.
   * @throws RevDialError RUNNER_NOT_CONNECTED, DIAL_QUEUE_FULL and whatever `RunnerLink.openStream` throws
   */
  dial(runnerId: RunnerId, options?: OpenStreamOptions): Promise<Duplex>;
}
