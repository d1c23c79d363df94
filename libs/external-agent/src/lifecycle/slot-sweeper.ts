import type { PlacementService, WolfInstanceRegistry } from '@helix/scheduler';
import type { SessionLists } from '../session/session-lists.js';
import type { SessionDriver } from './session-driver.js';

/**
 * Finds slots of sessions that have ended. A driver that was frozen, lost its lease and wakes up may still reserve a slot
 * after another one stopped the session; without this it would be reserved for ever.
 */
export class SlotSweeper {
  readonly #lists: SessionLists;
  readonly #placements: PlacementService;
  readonly #instances: WolfInstanceRegistry;
  readonly #driver: SessionDriver;

  constructor(
    lists: SessionLists,
    placements: PlacementService,
    instances: WolfInstanceRegistry,
    driver: SessionDriver,
  ) {
    this.#lists = lists;
    this.#placements = placements;
    this.#instances = instances;
    this.#driver = driver;
  }

  /** @throws the database's errors */
  async sweep(): Promise<void> {
    for (const { id, connectedSandboxCount } of await this.#instances.list()) {
      if (connectedSandboxCount === 0) continue;
      const placements = await this.#placements.listByInstance(id);
      const endedIds = await this.#lists.listEndedIds(placements.map((placement) => placement.sessionId));
      // Under its lease, a session that has ended lets go of whatever it holds.
      for (const endedId of endedIds) await this.#driver.drive(endedId);
    }
  }
}
