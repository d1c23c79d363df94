import type { HostEdit } from '@helix/scheduler';
import { ApiError } from '../errors/api-error.js';
import { refuseUnknownKeys } from '../input/own-keys.pipe.js';
import { assertStorable } from '../input/storable-input.pipe.js';

const KEYS: ReadonlySet<string> = new Set([
  'name',
  'labels',
  'max_sandboxes',
  'encoder_sessions_max',
  'video_memory_per_session_mb',
]);

/**
 * Reads an edit; a key that is not listed is refused. What the values may be is for `HostOperations` to say.
 * @throws ApiError INVALID_REQUEST with every field that is of the wrong kind
 */
export function parseHostEdit(body: unknown): HostEdit {
  if (body === undefined || body === null) return {};
  if (!isRecord(body)) throw new ApiError('INVALID_REQUEST', 'the body must be an object');
  assertStorable(body, 'body');
  refuseUnknownKeys(Object.keys(body).filter((key) => !KEYS.has(key)));
  const faults: string[] = [];
  const take = <T>(field: string, is: (value: unknown) => value is T, kind: string): T | undefined => {
    const value = body[field];
    if (value === undefined || is(value)) return value;
    faults.push(`${field} must be ${kind}`);
    return undefined;
  };
  const name = take('name', isString, 'a text');
  const labels = take('labels', isLabels, 'an object of texts, or null for none');
  const maxSandboxes = take('max_sandboxes', isNumberOrNull, 'a whole number, or null');
  const encoderSessionsMax = take('encoder_sessions_max', isNumberOrNull, 'a whole number, or null');
  const videoMemoryPerSessionMb = take('video_memory_per_session_mb', isNumberOrNull, 'a whole number, or null');
  if (faults.length > 0) throw new ApiError('INVALID_REQUEST', faults.join('; '));
  return {
    ...(name !== undefined && { name }),
    ...(labels !== undefined && { labels: labels ?? {} }),
    ...(maxSandboxes !== undefined && { maxSandboxes }),
    ...(encoderSessionsMax !== undefined && { encoderSessionsMax }),
    ...(videoMemoryPerSessionMb !== undefined && { videoMemoryPerSessionMb }),
  };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isString(value: unknown): value is string {
  return typeof value === 'string';
}

function isNumberOrNull(value: unknown): value is number | null {
  return value === null || typeof value === 'number';
}

function isLabels(value: unknown): value is Readonly<Record<string, string>> | null {
  return value === null || (isRecord(value) && Object.values(value).every(isString));
}
