/** A run of digits that may be an integer beyond 2^53; most bodies have it only inside strings. */
const LONG_BARE_INTEGER = /[[:,\s]-?[0-9]{16,}\s*[,}\]]/;
const NUMBER = /-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;

/**
 * `JSON.parse` which leaves integers that a JavaScript number can not hold as strings of their digits. The oldest Wolf
 * writes ids as bare 64-bit numbers (wolf-api §3.6), and rounding them makes one client of two.
 * @throws SyntaxError
 */
export function parseJsonText(text: string): unknown {
  const parsed: unknown = JSON.parse(text);
  return LONG_BARE_INTEGER.test(text) ? JSON.parse(quoteUnsafeIntegers(text)) : parsed;
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
