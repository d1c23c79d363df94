import { MAX_WATCH_COUNT } from '../limits.js';
import type { WolfClientFactory } from '../wolf-client-factory.js';
import { WolfError } from '../wolf-error.js';
import { WolfWatch, type WolfWatchOptions } from './wolf-watch.js';

/** A share in the watch of one Wolf. */
export interface HeldWatch {
  readonly watch: WolfWatch;
  /** Gives the share back; the watch of the last one is closed. Idempotent. */
  release(): void;
}

interface Shared {
  readonly watch: WolfWatch;
  holderCount: number;
}

/** One watch for each Wolf, shared by all who hold it: Wolf writes each event to each subscriber on its one thread. */
export class WolfWatches {
  readonly #clients: Pick<WolfClientFactory, 'for'>;
  readonly #options: WolfWatchOptions;
  readonly #shared = new Map<string, Shared>();
  readonly #endings = new Set<Promise<void>>();
  #isClosed = false;

  constructor(clients: Pick<WolfClientFactory, 'for'>, options: WolfWatchOptions = {}) {
    this.#clients = clients;
    this.#options = options;
  }

  get size(): number {
    return this.#shared.size;
  }

  /**
   * The watch of this Wolf, started.
   * @throws WolfError WOLF_INVALID_REQUEST for what cannot be an instance's id, WOLF_UNREACHABLE when there are too many or
   * all are closed
   */
  hold(wolfInstanceId: string): HeldWatch {
    const shared = this.#shared.get(wolfInstanceId) ?? this.#start(wolfInstanceId);
    shared.holderCount += 1;
    let isHeld = true;
    return {
      watch: shared.watch,
      release: () => {
        if (!isHeld) return;
        isHeld = false;
        shared.holderCount -= 1;
        if (shared.holderCount === 0) this.#end(wolfInstanceId, shared);
      },
    };
  }

  /** Closes them all; resolves when they are. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const [id, shared] of [...this.#shared]) this.#end(id, shared);
    await Promise.all(this.#endings);
  }

  #start(wolfInstanceId: string): Shared {
    if (this.#isClosed) throw new WolfError('WOLF_UNREACHABLE', 'no Wolf is watched any more');
    if (this.#shared.size >= MAX_WATCH_COUNT) throw new WolfError('WOLF_UNREACHABLE', 'too many Wolfs are watched');
    const watch = new WolfWatch(this.#clients.for(wolfInstanceId), this.#options);
    watch.start();
    const shared = { watch, holderCount: 0 };
    this.#shared.set(wolfInstanceId, shared);
    return shared;
  }

  #end(wolfInstanceId: string, shared: Shared): void {
    if (this.#shared.get(wolfInstanceId) !== shared) return;
    this.#shared.delete(wolfInstanceId);
    const ending = shared.watch.close().finally(() => this.#endings.delete(ending));
    this.#endings.add(ending);
  }
}
