import type { StreamClass } from '../tunnel-stream.js';
import { SKIPPED_IDS_MAX_COUNT, STREAM_ID_MAX } from './limits.js';
import type { MuxStream } from './mux-stream.js';
import { MuxStreamError } from './reset-code.js';
import type { StreamSender } from './stream-sender.js';

/** Unread bytes that several links may hold together. Beyond it, links with more than their share have their fullest streams reset. */
export interface UnreadAccount {
  unreadBytes: number;
  readonly maxUnreadBytes: number;
  readonly linkCount: number;
}

/** The streams of one link: by id, those without an id yet, and those with unread bytes, open or not. */
export class StreamTable {
  readonly #byId = new Map<number, MuxStream>();
  readonly #withoutId = new Map<StreamSender, MuxStream>();
  readonly #unread = new Set<MuxStream>();
  readonly #unreadMaxBytes: number;
  readonly #account: UnreadAccount | undefined;
  #unreadBytes = 0;
  #peersCount = 0;

  constructor(unreadMaxBytes: number, account?: UnreadAccount) {
    this.#unreadMaxBytes = unreadMaxBytes;
    this.#account = account;
  }

  get count(): number {
    return this.#byId.size + this.#withoutId.size;
  }

  /** Those that the peer opened. */
  get peersCount(): number {
    return this.#peersCount;
  }

  get ownCount(): number {
    return this.count - this.#peersCount;
  }

  get unreadBytes(): number {
    return this.#unreadBytes;
  }

  find(id: number): MuxStream | undefined {
    return this.#byId.get(id);
  }

  addOwn(stream: MuxStream): void {
    this.#withoutId.set(stream.sender, stream);
  }

  addPeers(id: number, stream: MuxStream): void {
    this.#byId.set(id, stream);
    this.#peersCount += 1;
  }

  /** Its first frame leaves. */
  number(sender: StreamSender, id: number): void {
    const stream = this.#withoutId.get(sender);
    if (stream === undefined) return;
    this.#withoutId.delete(sender);
    sender.id = id;
    this.#byId.set(id, stream);
  }

  /** Returns whether it was there. */
  remove(stream: MuxStream, isOwn: boolean): boolean {
    const { id } = stream;
    if (id === undefined) return this.#withoutId.delete(stream.sender);
    const wasThere = this.#byId.delete(id);
    if (wasThere && !isOwn) this.#peersCount -= 1;
    return wasThere;
  }

  /** Keeps the sum of unread bytes. While it is above the limit, resets the stream with the most of them. */
  countUnread(stream: MuxStream, before: number, after: number): void {
    this.#unreadBytes += after - before;
    if (this.#account !== undefined) this.#account.unreadBytes += after - before;
    if (after === 0) this.#unread.delete(stream);
    else if (before === 0) this.#unread.add(stream);
    if (after < before) return;
    while (this.#unread.size > 0 && this.#isTooMuch) {
      const fullest = [...this.#unread].reduce((most, other) => (other.unreadBytes > most.unreadBytes ? other : most));
      fullest.destroy(
        new MuxStreamError(
          'buffer-full',
          `the link has too many unread bytes, ${fullest.unreadBytes} of them on this stream`,
        ),
      );
    }
  }

  get #isTooMuch(): boolean {
    if (this.#unreadBytes > this.#unreadMaxBytes) return true;
    if (this.#account === undefined) return false;
    const { unreadBytes, maxUnreadBytes, linkCount } = this.#account;
    return unreadBytes > maxUnreadBytes && this.#unreadBytes * linkCount > maxUnreadBytes;
  }

  queuedBytesByClass(): Record<StreamClass, number> {
    const queued = { interactive: 0, bulk: 0 };
    for (const streams of [this.#byId, this.#withoutId])
      for (const stream of streams.values()) queued[stream.streamClass] += stream.writableLength;
    return queued;
  }

  failStreamsWithoutId(error: () => MuxStreamError): void {
    for (const stream of [...this.#withoutId.values()]) stream.deliverReset(error());
  }

  failAll(error: () => MuxStreamError): void {
    this.failStreamsWithoutId(error);
    for (const stream of [...this.#byId.values()]) stream.deliverReset(error());
  }
}

/** The agent is the client of yamux and opens odd ids, the API is the server and opens even ones. */
export type MuxRole = 'client' | 'server';

/**
 * Which ids have been opened, and by which side, without a list of all: ids rise, so those below the highest have been used,
 * except for a few that the peer skipped. So a late frame (its stream is gone) differs from a wrong one (there was no such stream).
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
    // After a leap only the nearest ids are remembered; opening a farther one afterwards is a violation.
    const from = Math.max(this.#nextPeers, id - 2 * SKIPPED_IDS_MAX_COUNT);
    for (let skipped = from; skipped < id && this.#skipped.size < SKIPPED_IDS_MAX_COUNT; skipped += 2)
      this.#skipped.add(skipped);
    this.#nextPeers = id + 2;
  }
}
