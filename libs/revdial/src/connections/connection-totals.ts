import type { LinkTransport } from '../runner-link.js';

/** Sums over all runners of this replica. */
export interface ConnectionTotals {
  readonly links: Readonly<Record<LinkTransport, number>>;
  readonly inGraceCount: number;
  readonly waitingDialCount: number;
  readonly openStreamCount: number;
  /** Since the process began. */
  readonly bytesIn: number;
  readonly bytesOut: number;
}
