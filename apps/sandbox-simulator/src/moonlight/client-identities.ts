import { randomBytes } from 'node:crypto';

import { IDENTITIES_COUNT } from './moonlight-limits.js';

/** What Moonlight sends for a client that has no unique id of its own (moonlight-web §2). */
export const NO_UNIQUE_ID = '0123456789ABCDEF';

/** The certificates of clients, as far as they matter: the same `client_unique_id` is the same client to Wolf. */
export class ClientIdentities {
  readonly #clientIds = new Map<string, string>();

  /** Wolf's id for the client, a number of 64 bits in text. */
  clientIdOf(clientUniqueId: string | undefined): string {
    const key = clientUniqueId ?? NO_UNIQUE_ID;
    const known = this.#clientIds.get(key);
    if (known !== undefined) return known;
    const oldest = this.#clientIds.keys().next();
    if (this.#clientIds.size >= IDENTITIES_COUNT && oldest.done !== true) this.#clientIds.delete(oldest.value);
    const clientId = randomBytes(8).readBigUInt64BE().toString();
    this.#clientIds.set(key, clientId);
    return clientId;
  }

  /** Those that came with a unique id. */
  list(): readonly string[] {
    return [...this.#clientIds.keys()].filter((key) => key !== NO_UNIQUE_ID);
  }
}
