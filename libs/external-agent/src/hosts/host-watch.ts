import { onAbort } from '@helix/pacing';
import { hasLink, parseRunnerId, runnerIdOf, type ConnectionEvent, type RunnerPresence } from '@helix/revdial';
import type { HeldWatch, WolfSnapshot, WolfWatches } from '@helix/wolf-client';

type Held = HeldWatch & { readonly unsubscribe: () => void; isAnswering: boolean; heardAtMs: number | undefined };

export interface HostWatchParts {
  readonly presence: Pick<RunnerPresence, 'subscribe' | 'list' | 'isConnected'>;
  readonly watches: WolfWatches;
  /** Instances that are reached without a link. */
  readonly localInstanceIds: readonly string[];
}

/**
 * What every Wolf whose link is here runs, kept current by its own events: one subscription for each, however many ask. What
 * was seen last stays while a link is lost for a moment, and is forgotten with the runner.
 */
export class HostWatch {
  readonly #parts: HostWatchParts;
  readonly #held = new Map<string, Held>();
  readonly #listeners = new Set<(wolfInstanceId: string, snapshot: WolfSnapshot) => void>();
  readonly #answerListeners = new Set<(wolfInstanceId: string, isAnswering: boolean) => void>();
  #unsubscribe: () => void = () => undefined;

  constructor(parts: HostWatchParts) {
    this.#parts = parts;
  }

  start(): void {
    const { presence, localInstanceIds } = this.#parts;
    for (const id of localInstanceIds) this.#open(id);
    this.#unsubscribe = presence.subscribe((event) => {
      this.#note(event);
    });
    for (const runner of presence.list()) {
      if (runner.kind === 'wolf' && hasLink(runner)) this.#open(runner.subject);
    }
  }

  /** Idempotent. */
  close(): void {
    this.#unsubscribe();
    for (const id of [...this.#held.keys()]) this.#forget(id);
  }

  /** The lists as they were last read; `undefined` when they never were, or the host is gone. */
  snapshotOf(wolfInstanceId: string): WolfSnapshot | undefined {
    return this.#held.get(wolfInstanceId)?.watch.snapshot;
  }

  /** Which Wolf it is, as far as is known: a reading of another era may be another's. See `WolfSnapshot`. */
  eraOf(wolfInstanceId: string): number | undefined {
    return this.#held.get(wolfInstanceId)?.watch.era;
  }

  /** Reads the lists again soon. */
  refresh(wolfInstanceId: string): void {
    this.#held.get(wolfInstanceId)?.watch.refresh();
  }

  /** Resolves when the host's lists are read the next time, or when the signal aborts. */
  whenSeen(wolfInstanceId: string, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const unsubscribe = this.#held.get(wolfInstanceId)?.watch.subscribe((event) => {
        if (event.type !== 'snapshot') return;
        stopListening();
        unsubscribe?.();
        resolve();
      });
      const stopListening = onAbort(signal, () => {
        unsubscribe?.();
        resolve();
      });
    });
  }

  /** Hears of each reading of each host. Listeners must not throw. Returns what ends it. */
  subscribe(listener: (wolfInstanceId: string, snapshot: WolfSnapshot) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Can the host be asked now, as far as its link tells? */
  isReachable(wolfInstanceId: string): boolean {
    return this.isLocal(wolfInstanceId) || this.#parts.presence.isConnected(runnerIdOf('wolf', wolfInstanceId));
  }

  /** Those that are reached without a link. */
  get localInstanceIds(): readonly string[] {
    return this.#parts.localInstanceIds;
  }

  isLocal(wolfInstanceId: string): boolean {
    return this.localInstanceIds.includes(wolfInstanceId);
  }

  /** Did the host answer when it was asked last? One whose link has just come was not asked yet. */
  isAnswering(wolfInstanceId: string): boolean {
    return this.#held.get(wolfInstanceId)?.isAnswering === true;
  }

  /** When the host said anything last, on `performance.now`; undefined: never. */
  heardAtMs(wolfInstanceId: string): number | undefined {
    return this.#held.get(wolfInstanceId)?.heardAtMs;
  }

  /** Hears whenever that changes. Listeners must not throw. Returns what ends it. */
  subscribeAnswering(listener: (wolfInstanceId: string, isAnswering: boolean) => void): () => void {
    this.#answerListeners.add(listener);
    return () => this.#answerListeners.delete(listener);
  }

  /** The host gave no answer to what was asked of it just now: it does not count as answering until it is heard again. */
  doubt(wolfInstanceId: string): void {
    this.#setAnswering(wolfInstanceId, false);
    this.refresh(wolfInstanceId);
  }

  #setAnswering(id: string, isAnswering: boolean): void {
    const held = this.#held.get(id);
    if (held === undefined || held.isAnswering === isAnswering) return;
    held.isAnswering = isAnswering;
    for (const listener of this.#answerListeners) listener(id, isAnswering);
  }

  #note(event: ConnectionEvent): void {
    const runner = parseRunnerId(event.runnerId);
    if (runner?.kind !== 'wolf' || this.#parts.localInstanceIds.includes(runner.subject)) return;
    if (event.type === 'connected') this.#open(runner.subject);
    // Much may have happened meanwhile.
    else if (event.type === 'resumed') this.refresh(runner.subject);
    else if (event.type === 'gone') this.#forget(runner.subject);
  }

  #open(id: string): void {
    const known = this.#held.get(id);
    if (known !== undefined) {
      // Behind a new link is perhaps another machine.
      this.#setAnswering(id, false);
      known.watch.renew();
      return;
    }
    const held = this.#parts.watches.hold(id);
    const unsubscribe = held.watch.subscribe((event) => {
      const known = this.#held.get(id);
      if (event.type !== 'lost' && known !== undefined) known.heardAtMs = performance.now();
      if (event.type === 'lost' && event.what === 'lists') this.#setAnswering(id, false);
      if (event.type !== 'snapshot') return;
      this.#setAnswering(id, true);
      for (const listener of this.#listeners) listener(id, event.snapshot);
    });
    this.#held.set(id, { ...held, unsubscribe, isAnswering: false, heardAtMs: undefined });
  }

  #forget(id: string): void {
    const held = this.#held.get(id);
    if (held === undefined) return;
    this.#held.delete(id);
    held.unsubscribe();
    held.release();
  }
}
