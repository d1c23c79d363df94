import type { Duplex } from 'node:stream';
import type { OpenStreamOptions } from './runner-link.js';
import type { RunnerId } from './runner-id.js';

/**
 * Opens byte streams to runners by id, wherever their link is. A class and not an interface, so that it is also the token under
 * which it is injected.
 */
export abstract class RunnerDialer {
  /**
   * Resolves with a fresh stream to the runner's local service. While the runner is within its grace period the dial
   * waits for the link to come back.
   * @throws RevDialError RUNNER_NOT_CONNECTED, DIAL_QUEUE_FULL and what `RunnerLink.openStream` throws
   */
  abstract dial(runnerId: RunnerId, options?: OpenStreamOptions): Promise<Duplex>;
}
