import { LIMITS } from '../../limits.js';
import type { SessionLists } from '../../session/session-lists.js';
import type { SessionDriver } from '../driver/session-driver.js';

/**
 * Finds slots of sessions that have ended. A driver that was frozen, lost its lease and wakes up may still reserve a slot
 * after another one stopped the session; without this it would be reserved for ever.
 */
export class SlotSweeper {
  readonly #lists: Pick<SessionLists, 'listEndedHolders'>;
  readonly #driver: Pick<SessionDriver, 'drive'>;

  constructor(lists: Pick<SessionLists, 'listEndedHolders'>, driver: Pick<SessionDriver, 'drive'>) {
    this.#lists = lists;
    this.#driver = driver;
  }

  /** @throws the database's errors */
  async sweep(): Promise<void> {
    // Under its lease, a session that has ended releases what it holds.
    for (const endedId of await this.#lists.listEndedHolders(LIMITS.slotsSweptAtOnce))
      await this.#driver.drive(endedId);
  }
}
