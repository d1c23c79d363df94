import { parseForeignJson, parseLongForeignJson, type JsonLimits } from '@helix/revdial';
import { MAX_ANSWER_BYTES, MAX_EVENT_FRAME_BYTES, MAX_JSON_KEYS, MAX_JSON_VALUES } from '../limits.js';

const COUNTS = { maxKeys: MAX_JSON_KEYS, maxValues: MAX_JSON_VALUES };
const LINE: JsonLimits = { maxBytes: MAX_EVENT_FRAME_BYTES, ...COUNTS };
const ANSWER: JsonLimits = { maxBytes: MAX_ANSWER_BYTES, ...COUNTS };

/** A run of digits that may be an integer beyond 2^53; most bodies have it only inside strings. */
const LONG_BARE_INTEGER = /[[:,\s]-?[0-9]{16,}\s*[,}\]]/;
const NUMBER = /-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;

/**
 * Parses the JSON of an event and leaves integers that a JavaScript number cannot hold as strings of their digits.
 * The oldest Wolf writes ids as bare 64-bit numbers (wolf-api §3.6), and rounding them makes one client of two.
 * @throws ForeignJsonError
 */
export function parseJsonText(text: string): unknown {
  const parsed = parseForeignJson(text, LINE);
  return LONG_BARE_INTEGER.test(text) ? parseForeignJson(quoteUnsafeIntegers(text), quoted(LINE)) : parsed;
}

/**
 * The same for a whole answer, which may be long.
 * @throws ForeignJsonError
 */
export async function parseJsonAnswer(bytes: Buffer): Promise<unknown> {
  const parsed = await parseLongForeignJson(bytes, ANSWER);
  // Digits are looked for in Latin-1, which is the cheapest of all decodings and the same for them.
  if (!LONG_BARE_INTEGER.test(bytes.toString('latin1'))) return parsed;
  return await parseLongForeignJson(Buffer.from(quoteUnsafeIntegers(bytes.toString('utf8'))), quoted(ANSWER));
}

/** Two quotes for each of the numbers. */
function quoted(limits: JsonLimits): JsonLimits {
  return { ...limits, maxBytes: limits.maxBytes + 2 * limits.maxValues };
}

/** Takes valid JSON. */
function quoteUnsafeIntegers(text: string): string {
  let quoted = '';
  let copied = 0;
  let at = 0;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      at = endOfString(text, at);
    } else if (code === MINUS || isDigit(code)) {
      NUMBER.lastIndex = at;
      const literal = NUMBER.exec(text)?.[0] ?? '';
      if (/^-?[0-9]{16,}$/.test(literal) && !Number.isSafeInteger(Number(literal))) {
        quoted += `${text.slice(copied, at)}"${literal}"`;
        copied = at + literal.length;
      }
      at += Math.max(literal.length, 1);
    } else {
      at += 1;
    }
  }
  return quoted + text.slice(copied);
}

const QUOTE = 0x22;
const MINUS = 0x2d;
const BACKSLASH = 0x5c;

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

/** Position after the closing quote of the string that opens at `start`. */
function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === BACKSLASH) at += 1;
    else if (code === QUOTE) return at + 1;
  }
  return text.length;
}
