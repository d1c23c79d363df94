import type { RevDialErrorCode } from './revdial-error.js';
import type { LinkEndReason, LinkTransport } from './runner-link.js';

/** What has happened since the process began, for `/metrics`. Shared by gateway, connection manager and HTTP pool. */
export class RevDialCounters {
  readonly linksOpened: Record<LinkTransport, number> = {
    hijack: 0,
    websocket: 0,
    mux: 0,
    'mux-websocket': 0,
  };
  readonly linksEnded: Partial<Record<LinkEndReason, number>> = {};
  /** Refusals of control and data connections, by HTTP status. */
  readonly refusals: Partial<Record<number, number>> = {};
  readonly dialFailures: Partial<Record<RevDialErrorCode, number>> = {};
  readonly requestFailures: Partial<Record<RevDialErrorCode, number>> = {};
  dialsStarted = 0;
  dialsSucceeded = 0;
  /** Dials that lost their link before they were picked up and went on with the next one. */
  dialsMoved = 0;
  supersedes = 0;
  /** Links that came back while their runner was in grace. */
  reconnectsWithinGrace = 0;
  /** Links of generation 3 that went on over another connection. */
  resumptions = 0;
  /** Bytes that were sent once more for it. */
  replayedBytes = 0;
  /** Resumptions that were asked for in vain, by reason. */
  readonly resumptionsRefused: Record<string, number> = {};
  /** Links of generation 3 that were refused because another machine has one of their runners. */
  otherMachinesRefused = 0;
  /** Called with each dial that was picked up, and how long that took. */
  onPickedUp: (tookMs: number, transport: LinkTransport) => void = () => undefined;
  requests = 0;
  /** Requests sent once more on a fresh stream because a kept one had died unnoticed. */
  requestsRetried = 0;

  count<K extends string | number>(record: Partial<Record<K, number>>, key: K): void {
    const before: number | undefined = record[key];
    record[key] = (before ?? 0) + 1;
  }
}
