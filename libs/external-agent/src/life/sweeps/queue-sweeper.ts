import type { SessionQueue } from '../../session/session-queue.js';
import type { DriveQueue } from './drive-queue.js';

/**
 * Watches sessions that wait for a slot: those that were given one, or whose time is over, are driven. That a slot was given is
 * announced too; a sweep is for announcements that were lost, and for deadlines, which are not announced.
 */
export class QueueSweeper {
  readonly #queue: SessionQueue;
  readonly #drives: DriveQueue;

  constructor(queue: SessionQueue, drives: DriveQueue) {
    this.#queue = queue;
    this.#drives = drives;
  }

  /** @throws the database's errors */
  async sweep(): Promise<void> {
    for (const id of await this.#queue.listLeaving()) this.#drives.enqueue(id);
  }
}
