/** The last entries of something, oldest first. */
export class BoundedLog<T> {
  readonly #capacity: number;
  #entries: T[] = [];

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  add(entry: T): void {
    this.#entries.push(entry);
    if (this.#entries.length > this.#capacity) this.#entries.shift();
  }

  list(): readonly T[] {
    return [...this.#entries];
  }

  clear(): void {
    this.#entries = [];
  }
}
