import type { DataSource } from 'typeorm';

import { listPlacementHosts } from './list-placement-hosts.js';

export type FleetReading = Awaited<ReturnType<typeof listPlacementHosts>>;

/**
 * Reads the whole fleet for those who explain. However many ask at once, one reading is under way and one more waits: what each
 * gets began after he asked, so that it is not older than what he has to explain.
 */
export class FleetReader {
  readonly #dataSource: DataSource;
  #underWay: Promise<FleetReading> | undefined;
  #next: Promise<FleetReading> | undefined;

  constructor(dataSource: DataSource) {
    this.#dataSource = dataSource;
  }

  /** Rejects with the database's errors. */
  read(): Promise<FleetReading> {
    if (this.#underWay === undefined) return this.#begin();
    this.#next ??= this.#underWay.then(
      () => this.#begin(),
      () => this.#begin(),
    );
    return this.#next;
  }

  #begin(): Promise<FleetReading> {
    this.#next = undefined;
    const reading = listPlacementHosts(this.#dataSource).finally(() => {
      if (this.#underWay === reading) this.#underWay = undefined;
    });
    this.#underWay = reading;
    return reading;
  }
}
