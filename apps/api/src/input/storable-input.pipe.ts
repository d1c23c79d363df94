import type { ArgumentMetadata, PipeTransform } from '@nestjs/common';
import { ApiError } from '../errors/api-error.js';
import { API_LIMITS } from '../limits.js';

/** PostgreSQL's text holds no NUL, and its JSON no half of a surrogate pair. */
const NOT_STORABLE = /\0|\p{Surrogate}/u;

/**
 * Stands before the validation of every parameter, query and body: refuses what the database could not hold, so that it
 * is the caller's fault (400) and not ours (500), and drops what a body says to be null, which many clients write for "not
 * given".
 */
export class StorableInputPipe implements PipeTransform {
  /** @throws ApiError INVALID_REQUEST */
  transform(value: unknown, { type, data }: ArgumentMetadata): unknown {
    if (type === 'custom') return value;
    check(value, data ?? type, 0);
    return type === 'body' ? withoutNulls(value) : value;
  }
}

function check(value: unknown, name: string, depth: number): void {
  if (typeof value === 'string') {
    if (NOT_STORABLE.test(value))
      throw new ApiError('INVALID_REQUEST', `${name} has characters that can not be stored`);
    return;
  }
  if (typeof value !== 'object' || value === null) return;
  if (depth === API_LIMITS.bodyMaxDepth) throw new ApiError('INVALID_REQUEST', `the ${name} is nested too deeply`);
  if (Array.isArray(value)) for (const item of value) check(item, name, depth + 1);
  else for (const [key, item] of Object.entries(value)) check(item, depth === 0 ? labelOf(key, name) : name, depth + 1);
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
