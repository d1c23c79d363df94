import { systemClock, type Clock } from '@helix/pacing';
import type { WolfSnapshot } from '@helix/wolf-client';

type Reading = Pick<WolfSnapshot, 'era' | 'askedAtMs'>;

interface Seen {
  readonly era: number;
  /** When each fact was read first, with nothing else read since. */
  readonly sinceMs: ReadonlyMap<string, number>;
}

/**
 * What one reading of a host shows may be a moment's: its Wolf has just started, its link leads to another machine, a desktop is
 * being made. So nothing is stopped, started again or recounted by one reading, but by two of the same era which agree, so far
 * apart, and all that came between them.
 */
export class TwoReadings {
  readonly #apartMs: number;
  readonly #readAgain: (wolfInstanceId: string) => void;
  readonly #seen = new Map<string, Seen>();
  readonly #clock: Clock;
  /** Of hosts that are read again: what cancels that. */
  readonly #cancels = new Map<string, () => void>();

  /** `readAgain` asks for another reading of the host. */
  constructor(apartMs: number, readAgain: (wolfInstanceId: string) => void, clock: Clock = systemClock) {
    this.#clock = clock;
    this.#apartMs = apartMs;
    this.#readAgain = readAgain;
  }

  /** Those of the reading's facts that an earlier one has shown as well; while others are too young, another is asked for. */
  confirm(wolfInstanceId: string, { era, askedAtMs }: Reading, facts: readonly string[]): ReadonlySet<string> {
    const known = this.#seen.get(wolfInstanceId);
    const before = known?.era === era ? known.sinceMs : new Map<string, number>();
    const sinceMs = new Map(facts.map((fact) => [fact, before.get(fact) ?? askedAtMs]));
    const confirmed = new Set(facts.filter((fact) => askedAtMs - (sinceMs.get(fact) ?? askedAtMs) >= this.#apartMs));
    if (sinceMs.size === 0) this.#seen.delete(wolfInstanceId);
    else this.#seen.set(wolfInstanceId, { era, sinceMs });
    if (confirmed.size < sinceMs.size) this.#readLater(wolfInstanceId);
    return confirmed;
  }

  forget(wolfInstanceId: string): void {
    this.#seen.delete(wolfInstanceId);
    this.#cancels.get(wolfInstanceId)?.();
    this.#cancels.delete(wolfInstanceId);
  }

  close(): void {
    for (const cancel of this.#cancels.values()) cancel();
  }

  #readLater(wolfInstanceId: string): void {
    if (this.#cancels.has(wolfInstanceId)) return;
    const cancel = this.#clock.after(this.#apartMs, () => {
      this.#cancels.delete(wolfInstanceId);
      this.#readAgain(wolfInstanceId);
    });
    this.#cancels.set(wolfInstanceId, cancel);
  }
}
