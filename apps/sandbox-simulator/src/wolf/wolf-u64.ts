import { UncaughtWolfException } from './wolf-reply.js';
import type { WolfShape } from './wolf-shape.js';

const PREFIX = /^\s*[+]?([0-9]+)/;
const LARGEST = 18_446_744_073_709_551_615n;

/** C++'s `stoull`: the number at the start of the text, or undefined where C++ throws. */
export function stoull(text: string): string | undefined {
  const digits = PREFIX.exec(text)?.[1];
  if (digits === undefined) return undefined;
  const value = BigInt(digits);
  return value > LARGEST ? undefined : value.toString();
}

/** For ids that a handler converts itself, unguarded (wolf-api §2.2). @throws UncaughtWolfException */
export function stoullOrThrow(text: string): string {
  const value = stoull(text);
  if (value === undefined) throw new UncaughtWolfException('stoull');
  return value;
}

/** Taken by Wolf as 12 when it reads `12abc`: no error there, but a client that sends it has a fault. */
export function isSuspectId(text: string): boolean {
  return !/^[0-9]{1,20}$/.test(text);
}

/** For ids that the parser converts. The value is the text as it was sent; the handler converts it for itself. */
export const u64Text: WolfShape<string> = {
  optional: false,
  parse: (json) => {
    if (typeof json !== 'string') return { faults: ['Could not cast to string.'] };
    return stoull(json) === undefined ? { faults: ['stoull'] } : { value: json };
  },
};
