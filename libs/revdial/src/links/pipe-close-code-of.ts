import type { PipeCloseCode } from '../carrier/byte-pipe.js';
import type { LinkEndReason } from '../runner-link.js';

/** Why a multiplexed link ends, in the words of its wire. */
export function pipeCloseCodeOf(reason: LinkEndReason): PipeCloseCode {
  switch (reason) {
    case 'peer-closed':
      return 'done';
    case 'error':
      return 'internal';
    default:
      return reason;
  }
}
