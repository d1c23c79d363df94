/** A number as it is spelt: Wolf's parser tells `1` from `1.0`, which JavaScript does not. */
export class JsonNumber {
  constructor(readonly text: string) {}
}

export type JsonValue = null | boolean | string | JsonNumber | readonly JsonValue[] | JsonObject;

/** A map and not an object, so that `__proto__` is a key like any other. Of a repeated key the first counts. */
export type JsonObject = ReadonlyMap<string, JsonValue>;

const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const STRING = /"(?:[^"\\\u0000-\u001f]|\\.)*"/y;
const BLANK = /[ \t\r\n]*/y;
const DEPTH_LIMIT = 64;

/** Reads JSON and keeps the spelling of numbers. @throws SyntaxError */
export function readJson(text: string): JsonValue {
  const reader = new JsonReader(text);
  return reader.readDocument();
}

class JsonReader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  readDocument(): JsonValue {
    const value = this.#readValue(0);
    this.#skipBlank();
    if (this.#at !== this.#text.length) this.#fail('unexpected content after document');
    return value;
  }

  #readValue(depth: number): JsonValue {
    if (depth > DEPTH_LIMIT) this.#fail('depth limit exceeded');
    this.#skipBlank();
    switch (this.#text[this.#at]) {
      case '{':
        return this.#readObject(depth);
      case '[':
        return this.#readArray(depth);
      case '"':
        return this.#readString();
      default:
        return this.#readWord();
    }
  }

  #readObject(depth: number): JsonValue {
    const members = new Map<string, JsonValue>();
    this.#at += 1;
    if (this.#take('}')) return members;
    do {
      this.#skipBlank();
      const key = this.#readString();
      if (!this.#take(':')) this.#fail('unexpected character, expected a colon');
      const value = this.#readValue(depth + 1);
      if (!members.has(key)) members.set(key, value);
    } while (this.#take(','));
    if (!this.#take('}')) this.#fail("unexpected character, expected ',' or '}'");
    return members;
  }

  #readArray(depth: number): JsonValue {
    const elements: JsonValue[] = [];
    this.#at += 1;
    if (this.#take(']')) return elements;
    do elements.push(this.#readValue(depth + 1));
    while (this.#take(','));
    if (!this.#take(']')) this.#fail("unexpected character, expected ',' or ']'");
    return elements;
  }

  #readString(): string {
    const literal = this.#match(STRING);
    if (literal === undefined) return this.#fail('unexpected character, expected a string');
    return JSON.parse(literal) as string;
  }

  #readWord(): JsonValue {
    for (const [word, value] of [
      ['true', true],
      ['false', false],
      ['null', null],
    ] as const) {
      if (!this.#text.startsWith(word, this.#at)) continue;
      this.#at += word.length;
      return value;
    }
    const literal = this.#match(NUMBER);
    if (literal === undefined) return this.#fail('unexpected character, expected a valid root value');
    return new JsonNumber(literal);
  }

  /** Skips blanks and the sign, if it stands there. */
  #take(sign: string): boolean {
    this.#skipBlank();
    if (this.#text[this.#at] !== sign) return false;
    this.#at += 1;
    return true;
  }

  #skipBlank(): void {
    this.#match(BLANK);
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    this.#at += found?.length ?? 0;
    return found;
  }

  #fail(what: string): never {
    throw new SyntaxError(what);
  }
}

/** A C++ floating point number: printed with a decimal point even when it is whole (wolf-api §1.2). */
export class WolfFloat {
  constructor(readonly value: number) {}
}

export type Printable =
  string | number | boolean | WolfFloat | readonly Printable[] | { readonly [key: string]: Printable | undefined };

/** Compact, keys in the order of the object, undefined members left out. */
export function printJson(value: Printable): string {
  if (typeof value === 'string' || typeof value === 'boolean') return JSON.stringify(value);
  if (typeof value === 'number') return Math.trunc(value).toString();
  if (value instanceof WolfFloat) return printFloat(value.value);
  if (isList(value)) return `[${value.map(printJson).join(',')}]`;
  const members = Object.entries(value).flatMap(([key, member]) =>
    member === undefined ? [] : [`${JSON.stringify(key)}:${printJson(member)}`],
  );
  return `{${members.join(',')}}`;
}

function printFloat(value: number): string {
  const text = String(value);
  return /^-?[0-9]+$/.test(text) ? `${text}.0` : text;
}

function isList(value: Printable): value is readonly Printable[] {
  return Array.isArray(value);
}
