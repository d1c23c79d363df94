import type { Clock } from '../clock.js';

interface Alarm {
  readonly atMs: number;
  readonly run: () => void;
}

/** A clock that stands still until a test moves it. */
export class ManualClock implements Clock {
  readonly #alarms = new Set<Alarm>();
  #nowMs = 0;

  nowMs(): number {
    return this.#nowMs;
  }

  /** How many alarms are set. */
  get alarmCount(): number {
    return this.#alarms.size;
  }

  after(delayMs: number, run: () => void): () => void {
    const alarm = { atMs: this.#nowMs + Math.max(0, delayMs), run };
    this.#alarms.add(alarm);
    return () => {
      this.#alarms.delete(alarm);
    };
  }

  /**
   * Moves time on. Alarms ring in order, each at its own moment, and promises that they settle are seen to before the next rings.
   * Resolves when time has come to its end.
   */
  async advance(ms: number): Promise<void> {
    const endMs = this.#nowMs + ms;
    for (;;) {
      const next = this.#nextUntil(endMs);
      if (next === undefined) break;
      this.#nowMs = next.atMs;
      this.#alarms.delete(next);
      next.run();
      await settled();
    }
    this.#nowMs = endMs;
    await settled();
  }

  #nextUntil(endMs: number): Alarm | undefined {
    let next: Alarm | undefined;
    for (const alarm of this.#alarms) {
      if (alarm.atMs <= endMs && (next === undefined || alarm.atMs < next.atMs)) next = alarm;
    }
    return next;
  }
}

/** A turn of the event loop: all promises that could settle without I/O have. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
