import { isUtf8 } from 'node:buffer';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { FOREIGN_JSON_AT_ONCE_MAX_BYTES, FOREIGN_JSON_SLICE_BYTES } from '../limits.js';
import { ForeignJsonError, JsonOutline, type JsonLimits, type JsonMember } from './json-outline.js';

/** For what says a few things: far more than any of it has, and parsed within a few milliseconds. */
export const SMALL_JSON: JsonLimits = { maxBytes: 64 * 1024, maxKeys: 512, maxValues: 4_096 };

/**
 * The one way from the bytes of a stranger, a user, a host or a desktop to a value: what parsing would cost is counted before any of
 * it is paid. Holds the event loop as long as it takes, so it is for texts of up to a mebibyte; longer ones are for
 * `parseLongForeignJson` and `splitForeignJson`.
 * @throws ForeignJsonError
 */
export function parseForeignJson(json: Buffer | string, limits: JsonLimits): unknown {
  // No character has less than a byte, so a text that is too long is not copied first.
  assertLength(json.length, limits);
  const bytes = typeof json === 'string' ? Buffer.from(json) : json;
  assertLength(bytes.length, limits);
  new JsonOutline(bytes, limits).advance(bytes.length);
  return parse(typeof json === 'string' ? json : bytes.toString('utf8'));
}

/**
 * The same for texts of a few mebibytes: others have their turn between its steps.
 * @throws ForeignJsonError
 */
export async function parseLongForeignJson(bytes: Buffer, limits: JsonLimits): Promise<unknown> {
  await outlineOf(bytes, limits);
  const text = bytes.toString('utf8');
  if (bytes.length > FOREIGN_JSON_SLICE_BYTES) await nextTurn();
  return parse(text);
}

/**
 * The members of an object as they are written, for texts of many mebibytes: each is to be parsed, or passed on, by itself, and the long
 * string that makes the text long need never be a string here. All of it is valid JSON in UTF-8, long strings too, and no key comes
 * twice.
 * @throws ForeignJsonError
 */
export async function splitForeignJson(bytes: Buffer, limits: JsonLimits): Promise<ReadonlyMap<string, Buffer>> {
  if (!isUtf8(bytes)) throw new ForeignJsonError('not-json', 'not UTF-8');
  const members = new Map<string, Buffer>();
  // The text with an empty string in the place of each long one, which shows the parser all but what is looked at here.
  const skeleton: Buffer[] = [];
  let copiedTo = 0;
  for (const member of await outlineOf(bytes, limits)) {
    const key = parse(bytes.toString('utf8', member.keyStart, member.keyEnd));
    const value = trimmed(bytes.subarray(member.valueStart, member.valueEnd));
    if (typeof key !== 'string' || members.has(key)) throw new ForeignJsonError('not-json', 'a key stands there twice');
    members.set(key, value);
    if (value.length <= FOREIGN_JSON_SLICE_BYTES || value[0] !== QUOTE) continue;
    await assertString(value);
    skeleton.push(bytes.subarray(copiedTo, member.valueStart), EMPTY_STRING);
    copiedTo = member.valueEnd;
  }
  skeleton.push(bytes.subarray(copiedTo));
  const rest = Buffer.concat(skeleton);
  assertLength(rest.length, { ...limits, maxBytes: FOREIGN_JSON_AT_ONCE_MAX_BYTES });
  const object = parse(rest.toString('utf8'));
  if (typeof object === 'object' && object !== null && !Array.isArray(object)) return members;
  throw new ForeignJsonError('not-json', 'not a JSON object');
}

const TAB = 0x09;
const SPACE = 0x20;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const SMALL_U = 0x75;
const EMPTY_STRING = Buffer.from('""');
/** What may stand behind a backslash. */
const ESCAPES: ReadonlySet<number | undefined> = new Set(Buffer.from('"\\/bfnrtu'));
const HEX_DIGITS: ReadonlySet<number | undefined> = new Set(Buffer.from('0123456789abcdefABCDEF'));

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's own error quotes the text.
    throw new ForeignJsonError('not-json', 'not JSON');
  }
}

function assertLength(length: number, { maxBytes }: JsonLimits): void {
  if (length > maxBytes) throw new ForeignJsonError('too-long', `more than ${String(maxBytes)} bytes`);
}

async function outlineOf(bytes: Buffer, limits: JsonLimits): Promise<readonly JsonMember[]> {
  assertLength(bytes.length, limits);
  const outline = new JsonOutline(bytes, limits);
  await inSlices(bytes.length, (_from, to) => {
    outline.advance(to);
  });
  return outline.members;
}

/** A string with both of its quotes, by the rules of JSON. */
async function assertString(bytes: Buffer): Promise<void> {
  const seen = { isValid: bytes.at(-1) === QUOTE, isEscaped: false, hexDigitsDue: 0 };
  // Between its quotes; one more of them within would end it before its end.
  const end = bytes.length - 1;
  await inSlices(end, (from, to) => {
    for (let at = Math.max(from, 1); at < to && seen.isValid; at += 1) {
      const byte = bytes[at] ?? 0;
      if (seen.hexDigitsDue > 0) {
        seen.isValid = HEX_DIGITS.has(byte);
        seen.hexDigitsDue -= 1;
      } else if (seen.isEscaped) {
        seen.isValid = ESCAPES.has(byte);
        seen.isEscaped = false;
        if (byte === SMALL_U) seen.hexDigitsDue = 4;
      } else if (byte === BACKSLASH) seen.isEscaped = true;
      else seen.isValid = byte >= SPACE && byte !== QUOTE;
    }
  });
  if (!seen.isValid || seen.isEscaped || seen.hexDigitsDue > 0) throw new ForeignJsonError('not-json', 'not JSON');
}

async function inSlices(length: number, work: (from: number, to: number) => void): Promise<void> {
  for (let from = 0; from < length; from += FOREIGN_JSON_SLICE_BYTES) {
    if (from > 0) await nextTurn();
    work(from, Math.min(from + FOREIGN_JSON_SLICE_BYTES, length));
  }
}

/** Without the white space around it. */
function trimmed(bytes: Buffer): Buffer {
  let start = 0;
  let end = bytes.length;
  while (start < end && isWhiteSpace(bytes[start])) start += 1;
  while (end > start && isWhiteSpace(bytes[end - 1])) end -= 1;
  return bytes.subarray(start, end);
}

function isWhiteSpace(byte: number | undefined): boolean {
  return byte === SPACE || byte === TAB || byte === 0x0a || byte === 0x0d;
}
