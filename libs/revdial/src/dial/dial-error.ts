import type { MuxStreamError } from '../mux/mux-stream-error.js';
import { RevDialError } from '../revdial-error.js';
import type { RevDialErrorCode } from '../revdial-error.js';

/** What the end of a stream means to whoever dialed. `isPickedUp`: the acceptor had connected. */
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
      // As the older generations have it: a service that failed, or was never there.
      return isPickedUp ? 'UPSTREAM_INVALID' : 'SERVICE_DOWN';
    default:
      return code satisfies never;
  }
}
