import type { ArgumentMetadata, PipeTransform } from '@nestjs/common';
import { ApiError } from '../errors/api-error.js';

/**
 * Stands before the validation of every parameter, query and body: refuses what the database could not hold, so that it
 * is the caller's fault (400) and not ours (500), and drops what a body says to be null, which many clients write for "not
 * given".
 */
export class StorableInputPipe implements PipeTransform {
  /** @throws ApiError INVALID_REQUEST */
  transform(value: unknown, { type, data }: ArgumentMetadata): unknown {
    if (type === 'custom') return value;
    assertStorable(value, data ?? type);
    return type === 'body' ? withoutNulls(value) : value;
  }
}

/**
 * Its depth is that of a text of JSON which was read, or of a query, and so bounded.
 * @throws ApiError INVALID_REQUEST with the name of the outermost key, or `name` where that could not stand in a message
 */
export function assertStorable(value: unknown, name: string, isOutermost = true): void {
  if (typeof value === 'string') {
    if (!isStorable(value)) {
      throw new ApiError('INVALID_REQUEST', `${name} has characters that cannot be stored`);
    }
    return;
  }
  if (typeof value !== 'object' || value === null) return;
  if (Array.isArray(value)) for (const item of value) assertStorable(item, name, false);
  else {
    for (const [key, item] of Object.entries(value))
      assertStorable(item, isOutermost ? labelOf(key, name) : name, false);
  }
}

/** PostgreSQL's text holds no NUL, and its JSON no half of a surrogate pair, which no UTF-8 can write. */
function isStorable(text: string): boolean {
  return !text.includes('\0') && Buffer.from(text).toString() === text;
}

/** The key, if it may stand in a message. */
function labelOf(key: string, name: string): string {
  return /^\w{1,64}$/.test(key) ? key : name;
}

function withoutNulls(body: unknown): unknown {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return body;
  const entries = Object.entries(body);
  const given = entries.filter(([, value]) => value !== null);
  return given.length === entries.length ? body : Object.fromEntries(given);
}
