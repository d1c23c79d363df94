import type { ResetCode } from './reset-code.js';

export function emptyResetCounts(): Record<ResetCode, number> {
  return {
    unknown: 0,
    cancelled: 0,
    'flow-violation': 0,
    'buffer-full': 0,
    expired: 0,
    internal: 0,
    limit: 0,
    refused: 0,
  };
}
