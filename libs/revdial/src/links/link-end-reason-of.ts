import type { PipeEnd } from '../carrier/byte-pipe.js';
import type { LinkEndReason } from '../runner-link.js';

/** The end of a multiplexed link in the words of links. */
export function linkEndReasonOf({ code, byPeer }: PipeEnd): LinkEndReason {
  switch (code) {
    case 'done':
    case 'lost':
      return 'peer-closed';
    case 'peer-silent':
    case 'expired':
      return 'peer-silent';
    case 'shutdown':
      return byPeer ? 'peer-closed' : 'shutdown';
    case 'superseded':
    case 'revoked':
    case 'protocol-violation':
      return code;
    case 'limit':
    case 'internal':
    case 'offset-mismatch':
      return 'error';
    default:
      return code satisfies never;
  }
}
