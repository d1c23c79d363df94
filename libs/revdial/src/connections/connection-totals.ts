import type { LinkTransport } from '../runner-link.js';
import type { ConnectionTotals } from './runner-presence.js';
import type { RunnerRecord } from './runner-record.js';

export function totalsOf(
  runners: Iterable<RunnerRecord>,
  endedLinkBytes: Pick<ConnectionTotals, 'bytesIn' | 'bytesOut'>,
): ConnectionTotals {
  const links: Record<LinkTransport, number> = { hijack: 0, websocket: 0, mux: 0, 'mux-websocket': 0 };
  const totals = { inGraceCount: 0, waitingDialCount: 0, openStreamCount: 0, ...endedLinkBytes };
  for (const { link, waitingDialCount } of runners) {
    totals.waitingDialCount += waitingDialCount;
    if (link === undefined) {
      totals.inGraceCount += 1;
      continue;
    }
    const stats = link.stats();
    links[link.transport] += 1;
    // Those of a link that waits to be resumed.
    totals.waitingDialCount += stats.waitingDialCount ?? 0;
    totals.openStreamCount += stats.openStreamCount;
    totals.bytesIn += stats.bytesIn;
    totals.bytesOut += stats.bytesOut;
  }
  return { links, ...totals };
}
