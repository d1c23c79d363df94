import { RevDialError } from '../revdial-error.js';
import type { RevDialErrorCode } from '../revdial-error.js';
import type { DialRefusal, DialRefusalCode } from './dial-refusal.js';

const ERRORS = {
  refused: 'SERVICE_DOWN',
  'no-such-socket': 'SERVICE_DOWN',
  timeout: 'SERVICE_DOWN',
  'unknown-target': 'PICKUP_FAILED',
  limit: 'LIMIT_REACHED',
  stopping: 'PICKUP_FAILED',
  other: 'SERVICE_DOWN',
} as const satisfies Readonly<Record<DialRefusalCode, RevDialErrorCode>>;

/** What a refusal means to whoever dialed. Nothing of theirs has reached the service. */
export function refusalErrorOf({ code, reason }: DialRefusal): RevDialError {
  return new RevDialError(ERRORS[code], `the runner could not connect (${code}): ${reason}`);
}
