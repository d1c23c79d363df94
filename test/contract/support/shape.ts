/**
 * What a JSON value looks like, written as one reads it:
 *
 *   { id: 'session id', created: 'time', 'reason?': orNull({ code: 'text' }), interactions: ['anything'] }
 *
 * A key with a question mark may be absent; one without may not. Keys that are not listed are allowed, as clients allow them.
 */
export type Shape =
  | 'text'
  | 'flag'
  | 'number'
  | 'whole'
  | 'time'
  | 'session id'
  | 'anything'
  | readonly [Shape]
  | Choice
  | { readonly [key: string]: Shape };

/** One of several: words or shapes. */
class Choice {
  constructor(
    readonly words: readonly unknown[],
    readonly shape?: Shape,
  ) {}
}

export type { Choice };

export const oneOf = (...words: readonly (string | boolean | number)[]): Choice => new Choice(words);
export const orNull = (shape: Shape): Choice => new Choice([null], shape);

/** RFC 3339 with seconds, as Go's and JavaScript's parsers take it. */
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/;
const SESSION_ID = /^ses_[0-9a-hjkmnp-tv-z]{26}$/;

const WORDS: Readonly<Record<Extract<Shape, string>, (value: unknown) => boolean>> = {
  text: (value) => typeof value === 'string',
  flag: (value) => typeof value === 'boolean',
  number: (value) => typeof value === 'number',
  whole: (value) => Number.isSafeInteger(value),
  time: (value) => typeof value === 'string' && TIME.test(value),
  'session id': (value) => typeof value === 'string' && SESSION_ID.test(value),
  anything: (value) => value !== undefined,
};

/** Where a value is not of the shape, as `sessions[0].created: 12 is no time`. */
export function faultsOf(shape: Shape, value: unknown, at = 'body'): readonly string[] {
  if (typeof shape === 'string') return WORDS[shape](value) ? [] : [`${at}: ${show(value)} is no ${shape}`];
  if (shape instanceof Choice) {
    if (shape.words.includes(value)) return [];
    if (shape.shape !== undefined) return faultsOf(shape.shape, value, at);
    return [`${at}: ${show(value)} is none of ${show(shape.words)}`];
  }
  if (isList(shape)) {
    if (!Array.isArray(value)) return [`${at}: ${show(value)} is no list`];
    return value.flatMap((item: unknown, index) => faultsOf(shape[0], item, `${at}[${String(index)}]`));
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return [`${at}: ${show(value)} is no object`];
  const fields: Readonly<Record<string, unknown>> = { ...value };
  return Object.entries(shape).flatMap(([name, expected]) => {
    const key = name.replace(/\?$/, '');
    if (fields[key] === undefined) return name.endsWith('?') ? [] : [`${at}.${key}: is missing`];
    return faultsOf(expected, fields[key], `${at}.${key}`);
  });
}

function isList(shape: Shape): shape is readonly [Shape] {
  return Array.isArray(shape);
}

function show(value: unknown): string {
  return (value === undefined ? 'nothing' : JSON.stringify(value)).slice(0, 120);
}
