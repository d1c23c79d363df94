import { SKIPPED_IDS_MAX_COUNT, STREAM_ID_MAX } from './limits.js';

/** The agent is the client of yamux and opens odd ids, the API is the server and opens even ones. */
export type MuxRole = 'client' | 'server';

/**
 * Which ids have been opened, by whom, without remembering each: ids rise, so what lies below the highest has been used, but
 * for the few that a peer skipped. Thus a late frame (its stream is gone) is told from a wrong one (it never was).
 */
export class StreamIds {
  #nextOwn: number;
  #nextPeers: number;
  readonly #ownParity: number;
  readonly #skipped = new Set<number>();

  constructor(role: MuxRole) {
    this.#ownParity = role === 'client' ? 1 : 0;
    this.#nextOwn = role === 'client' ? 1 : 2;
    this.#nextPeers = role === 'client' ? 2 : 1;
  }

  /** Undefined when all are used up. */
  takeOwn(): number | undefined {
    if (this.#nextOwn > STREAM_ID_MAX) return undefined;
    const id = this.#nextOwn;
    this.#nextOwn += 2;
    return id;
  }

  isOwn(id: number): boolean {
    return id % 2 === this.#ownParity;
  }

  /** Has a stream of this id ever been opened? */
  isUsed(id: number): boolean {
    if (this.isOwn(id)) return id < this.#nextOwn;
    return id < this.#nextPeers && !this.#skipped.has(id);
  }

  /** The peer opens an id of its parity that is not used. */
  openPeers(id: number): void {
    if (this.#skipped.delete(id)) return;
    // Of a leap only the nearest are remembered; whoever opens a farther one afterwards is wrong.
    const from = Math.max(this.#nextPeers, id - 2 * SKIPPED_IDS_MAX_COUNT);
    for (let skipped = from; skipped < id && this.#skipped.size < SKIPPED_IDS_MAX_COUNT; skipped += 2)
      this.#skipped.add(skipped);
    this.#nextPeers = id + 2;
  }
}
