import { NOTICE_IDS_MAX } from './limits.js';

/** Ids of one channel that wait to be told, each once; from a certain number on they are "anything". */
export class CoalescedIds {
  readonly #ids = new Set<string>();
  #isAnything = false;

  /** `undefined`: anything may have changed. */
  add(id: string | undefined): void {
    if (this.#isAnything) return;
    if (id !== undefined) this.#ids.add(id);
    if (id !== undefined && this.#ids.size <= NOTICE_IDS_MAX) return;
    this.#isAnything = true;
    this.#ids.clear();
  }

  /** What has come since the last time: ids, or `undefined` alone. */
  take(): readonly (string | undefined)[] {
    const taken = this.#isAnything ? [undefined] : [...this.#ids];
    this.#isAnything = false;
    this.#ids.clear();
    return taken;
  }
}
