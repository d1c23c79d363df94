import { readFile, stat } from 'node:fs/promises';
import { TOKEN_FILE_MAX_BYTES } from '../limits.js';
import { ConnectError } from './connect-error.js';

/** Where a token comes from. Asked before every connection, so that a rotated token is used by the next one. */
export interface TokenSource {
  /** @throws ConnectError TOKEN_UNAVAILABLE */
  read(): Promise<string>;
}

/** What a header can carry; anything else would be a header of its own. */
const TOKEN = /^[\x21-\x7e]+$/;

export function isToken(text: string): boolean {
  return TOKEN.test(text);
}

/** @throws TypeError when `token` is not printable ASCII without spaces */
export function fixedToken(token: string): TokenSource {
  if (!isToken(token)) throw new TypeError('a token is printable ASCII without spaces');
  return { read: () => Promise.resolve(token) };
}

/**
 * The one to present of what an operator has written. The API accepts several, separated by commas, while they are rotated
 * (`new,old`); hosts often share its file or variable, and take the first. `undefined`: that is none.
 */
export function firstToken(text: string): string | undefined {
  const [first = ''] = text.split(',');
  const token = first.trim();
  return isToken(token) ? token : undefined;
}

/** The token is the file's first one, see `firstToken`. */
export function tokenFile(path: string): TokenSource {
  return {
    async read() {
      let text: string;
      try {
        const { size } = await stat(path);
        if (size > TOKEN_FILE_MAX_BYTES) throw new Error(`larger than ${String(TOKEN_FILE_MAX_BYTES)} bytes`);
        text = await readFile(path, 'utf8');
      } catch (cause) {
        throw new ConnectError('TOKEN_UNAVAILABLE', `the token file cannot be read`, { cause });
      }
      const token = firstToken(text);
      if (token === undefined) throw new ConnectError('TOKEN_UNAVAILABLE', 'the token file does not hold a token');
      return token;
    },
  };
}
