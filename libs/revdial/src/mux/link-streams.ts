import type { MuxStream } from './mux-stream.js';
import { MuxStreamError } from './mux-stream-error.js';
import type { StreamClass } from '../tunnel-stream.js';
import type { StreamSender } from './stream-sender.js';
import type { UnreadAccount } from './unread-account.js';

/** The streams of one link: by id, those without one yet, and those that hold unread bytes, open or not. */
export class LinkStreams {
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

  /** Keeps the sum, and cuts the streams that hold the most while it is too great. */
  noteUnread(stream: MuxStream, before: number, after: number): void {
    this.#unreadBytes += after - before;
    if (this.#account !== undefined) this.#account.unreadBytes += after - before;
    if (after === 0) this.#unread.delete(stream);
    else if (before === 0) this.#unread.add(stream);
    if (after < before) return;
    while (this.#unread.size > 0 && this.#isTooMuch) {
      const fullest = [...this.#unread].reduce((most, other) => (other.unreadBytes > most.unreadBytes ? other : most));
      fullest.destroy(
        new MuxStreamError('buffer-full', `the link holds too much, ${fullest.unreadBytes} bytes of it here`),
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

  failThoseWithoutId(error: () => MuxStreamError): void {
    for (const stream of [...this.#withoutId.values()]) stream.deliverReset(error());
  }

  failAll(error: () => MuxStreamError): void {
    this.failThoseWithoutId(error);
    for (const stream of [...this.#byId.values()]) stream.deliverReset(error());
  }
}
