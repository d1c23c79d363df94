import { MAX_QUOTED_TEXT_LENGTH } from '../limits.js';

const PLAIN_WORDS = /^[A-Za-z0-9 '_.:,()\n-]*$/;

/**
 * Wolf's error text as it may stand in a message. Its parser names fields and types, which helps; but a text can also
 * quote what was sent, so anything beyond plain words is withheld and digits are masked: a PIN is digits.
 */
export function quotableText(text: string): string {
  const start = text.slice(0, MAX_QUOTED_TEXT_LENGTH);
  return PLAIN_WORDS.test(start) ? `"${start.replace(/[0-9]/g, '#').replace(/\n/g, ' ')}"` : '(text withheld)';
}
