import { FOREIGN_JSON_MAX_DEPTH } from '../limits.js';

/** What a text of JSON may hold beside its depth, which is the same for all. */
export interface JsonLimits {
  readonly maxBytes: number;
  /** Members of all objects together. */
  readonly maxKeys: number;
  /** Objects, lists and what stands in them, all together. */
  readonly maxValues: number;
}

export type JsonFault = 'too-long' | 'too-deep' | 'too-many-keys' | 'too-many-values' | 'not-json';

/** Why foreign JSON is refused. The message never quotes the text, which may be long and hold secrets. */
export class ForeignJsonError extends Error {
  readonly code = 'FOREIGN_JSON';

  constructor(
    readonly fault: JsonFault,
    message: string,
  ) {
    super(message);
    this.name = 'ForeignJsonError';
  }
}

/** Where a member of the outermost object stands in the text. */
export interface JsonMember {
  readonly keyStart: number;
  readonly keyEnd: number;
  readonly valueStart: number;
  readonly valueEnd: number;
}

/**
 * One walk over a text of JSON, which counts what parsing it would cost: brackets nest the parser, and each key and value is an
 * object in memory. Knows brackets, commas, colons and where strings end, and leaves the grammar to the parser.
 */
export class JsonOutline {
  /** Of the outermost object; only what is complete so far. */
  readonly members: JsonMember[] = [];
  readonly #bytes: Buffer;
  readonly #limits: JsonLimits;
  #at = 0;
  #depth = 0;
  #keyCount = 0;
  #valueCount = 1;
  #isInString = false;
  #isEscaped = false;
  #stringStart = 0;
  #stringEnd = 0;
  #open: Omit<JsonMember, 'valueEnd'> | undefined;

  constructor(bytes: Buffer, limits: JsonLimits) {
    this.#bytes = bytes;
    this.#limits = limits;
  }

  /**
   * Goes on up to this byte.
   * @throws ForeignJsonError as soon as a limit is passed
   */
  advance(end: number): void {
    const bytes = this.#bytes;
    for (let at = this.#at; at < end; at += 1) {
      const byte = bytes[at];
      if (this.#isInString) {
        if (this.#isEscaped) this.#isEscaped = false;
        else if (byte === BACKSLASH) this.#isEscaped = true;
        else if (byte === QUOTE) {
          this.#isInString = false;
          this.#stringEnd = at + 1;
        }
        continue;
      }
      switch (byte) {
        case QUOTE:
          this.#isInString = true;
          this.#stringStart = at;
          break;
        case OPEN_OBJECT:
        case OPEN_LIST:
          this.#depth += 1;
          if (this.#depth > FOREIGN_JSON_MAX_DEPTH) throw fault('too-deep', FOREIGN_JSON_MAX_DEPTH, 'levels');
          this.#countValue();
          break;
        case CLOSE_OBJECT:
        case CLOSE_LIST:
          this.#endMember(at);
          this.#depth -= 1;
          break;
        case COMMA:
          this.#endMember(at);
          this.#countValue();
          break;
        case COLON:
          this.#beginMember(at);
          break;
        default:
      }
    }
    this.#at = end;
  }

  #countValue(): void {
    this.#valueCount += 1;
    if (this.#valueCount > this.#limits.maxValues) throw fault('too-many-values', this.#limits.maxValues, 'values');
  }

  #beginMember(at: number): void {
    this.#keyCount += 1;
    if (this.#keyCount > this.#limits.maxKeys) throw fault('too-many-keys', this.#limits.maxKeys, 'keys');
    if (this.#depth === 1) {
      this.#open = { keyStart: this.#stringStart, keyEnd: this.#stringEnd, valueStart: at + 1 };
    }
  }

  #endMember(at: number): void {
    if (this.#depth !== 1 || this.#open === undefined) return;
    this.members.push({ ...this.#open, valueEnd: at });
    this.#open = undefined;
  }
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_LIST = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_LIST = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

function fault(kind: 'too-deep' | 'too-many-keys' | 'too-many-values', limit: number, unit: string): ForeignJsonError {
  return new ForeignJsonError(kind, `more than ${String(limit)} ${unit}`);
}
