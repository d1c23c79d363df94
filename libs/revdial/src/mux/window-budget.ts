/** What the windows of one link may grow by, all together. */
export class WindowBudget {
  #leftBytes: number;

  constructor(byteCount: number) {
    this.#leftBytes = byteCount;
  }

  /** All of it or nothing. */
  take(byteCount: number): boolean {
    if (byteCount > this.#leftBytes) return false;
    this.#leftBytes -= byteCount;
    return true;
  }

  giveBack(byteCount: number): void {
    this.#leftBytes += byteCount;
  }
}
