import type { MuxStreamError } from '../mux/reset-code.js';
import { RevDialError } from '../revdial-error.js';
import type { RevDialErrorCode } from '../revdial-error.js';
import type { DialRefusal, DialRefusalCode } from './dial-codec.js';

const ERROR_CODES_OF_REFUSALS = {
  refused: 'SERVICE_DOWN',
  'no-such-socket': 'SERVICE_DOWN',
  timeout: 'SERVICE_DOWN',
  'unknown-target': 'PICKUP_FAILED',
  limit: 'LIMIT_REACHED',
  stopping: 'PICKUP_FAILED',
  other: 'SERVICE_DOWN',
} as const satisfies Readonly<Record<DialRefusalCode, RevDialErrorCode>>;

/** A refusal as the error of a dial. None of the caller's bytes has reached the service. */
export function refusalErrorOf({ code, reason }: DialRefusal): RevDialError {
  return new RevDialError(ERROR_CODES_OF_REFUSALS[code], `the runner could not connect (${code}): ${reason}`);
}

/** A failed stream as the error of a dial. `isPickedUp`: the acceptor had connected. */
export function dialErrorOf(error: MuxStreamError, isPickedUp: boolean): RevDialError {
  return new RevDialError(codeOf(error, isPickedUp), error.message, { cause: error });
}

function codeOf({ code }: MuxStreamError, isPickedUp: boolean): RevDialErrorCode {
  switch (code) {
    case 'expired':
      return 'LINK_LOST';
    case 'limit':
    case 'buffer-full':
      return 'LIMIT_REACHED';
    case 'refused':
      return 'PICKUP_FAILED';
    case 'flow-violation':
      return 'PROTOCOL_VIOLATION';
    case 'unknown':
    case 'cancelled':
    case 'internal':
      // As in generations 1 and 2: a service that failed, or was never there.
      return isPickedUp ? 'UPSTREAM_INVALID' : 'SERVICE_DOWN';
    default:
      return code satisfies never;
  }
}
