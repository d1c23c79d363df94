import type { LogEntry } from './log-entry.js';

export interface TakenEntries {
  /** Oldest first. */
  readonly entries: readonly LogEntry[];
  /** How many before them did not fit. */
  readonly droppedCount: number;
}

/** The newest entries within a bound: of those that do not fit, the oldest go. */
export class LogQueue {
  readonly #maxCount: number;
  readonly #maxLength: number;
  #entries: LogEntry[] = [];
  /** Entries before this one are dropped; moving the array for each line of a busy log would cost more than the line. */
  #head = 0;
  #length = 0;
  #droppedCount = 0;

  /** `maxLength`: characters of all entries together. */
  constructor(maxCount: number, maxLength: number) {
    this.#maxCount = maxCount;
    this.#maxLength = maxLength;
  }

  get isEmpty(): boolean {
    return this.#entries.length === this.#head && this.#droppedCount === 0;
  }

  push(entry: LogEntry): void {
    this.#entries.push(entry);
    this.#length += lengthOf(entry);
    while (this.#entries.length - this.#head > this.#maxCount || this.#length > this.#maxLength) {
      const oldest = this.#entries[this.#head];
      if (oldest !== undefined) this.#length -= lengthOf(oldest);
      this.#head += 1;
      this.#droppedCount += 1;
    }
    if (this.#head <= this.#maxCount) return;
    this.#entries.splice(0, this.#head);
    this.#head = 0;
  }

  /** Empties the queue. */
  take(): TakenEntries {
    const taken = { entries: this.#entries.slice(this.#head), droppedCount: this.#droppedCount };
    this.#entries = [];
    this.#head = 0;
    this.#length = 0;
    this.#droppedCount = 0;
    return taken;
  }
}

function lengthOf({ t, stream, line }: LogEntry): number {
  return line.length + (t?.length ?? 0) + (stream?.length ?? 0);
}
