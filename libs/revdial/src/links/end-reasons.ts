import type { PipeCloseCode, PipeEnd } from '../carrier/byte-pipe.js';
import type { LinkEndReason } from '../runner-link.js';

/** Why a link ended whose pipe ended so. */
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

/** What a link's pipe is closed with. */
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
