/** Reads a message's fields one by one with a default for each, so that nothing else of it gets through. */
export class KnownFields {
  readonly #fields: Readonly<Record<string, unknown>>;

  constructor(fields: Readonly<Record<string, unknown>>) {
    this.#fields = fields;
  }

  /** A number brought to an integer within the range (serde refuses fractions). @throws TypeError for what is no number */
  whole(
    name: string,
    { min, max, fallback }: { readonly min: number; readonly max: number; readonly fallback: number },
  ): number {
    const value = this.#fields[name] ?? fallback;
    if (typeof value !== 'number' || !Number.isFinite(value)) throw new TypeError(`${name} must be a number`);
    return Math.min(max, Math.max(min, Math.round(value)));
  }

  flag(name: string): boolean {
    const value = this.#fields[name] ?? false;
    if (typeof value !== 'boolean') throw new TypeError(`${name} must be true or false`);
    return value;
  }

  /** One of the words; the first of them for anything else. */
  word<T extends string>(name: string, words: readonly [T, ...T[]]): T {
    return words.find((word) => word === this.#fields[name]) ?? words[0];
  }
}
