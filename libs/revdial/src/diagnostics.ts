import { channel } from 'node:diagnostics_channel';
import type { LinkEndReason, LinkTransport } from './runner-link.js';
import type { RevDialErrorCode } from './revdial-error.js';
import type { StreamClass } from './tunnel-stream.js';

/**
 * What happens in the tunnel, for observers within the process (`node:diagnostics_channel`, docs/observing.md). Nothing is made and
 * nothing is published on a channel without subscribers. What a subscriber throws becomes uncaught, as Node has it.
 */
export const LINK_OPEN = channel('helix:revdial:link:open');
export const LINK_LOST = channel('helix:revdial:link:lost');
export const LINK_RESUMED = channel('helix:revdial:link:resumed');
export const LINK_CLOSED = channel('helix:revdial:link:closed');
export const DIAL_START = channel('helix:revdial:dial:start');
export const DIAL_END = channel('helix:revdial:dial:end');

/** One runner on a link: a link of several runners is told once for each. */
export interface LinkDiagnostics {
  readonly runnerId: string;
  readonly transport: LinkTransport;
  readonly remoteAddress: string;
  /** On `closed` only. */
  readonly reason?: LinkEndReason;
}

/** The same object at the start and at the end. */
export interface DialDiagnostics {
  /** Rises with each dial that is observed. */
  readonly id: number;
  readonly runnerId: string;
  readonly streamClass: StreamClass;
  /** Until the runner's service was connected, or the dial failed. At the end only. */
  durationMs?: number;
  /** Why it failed. Undefined where it succeeded, and where its caller closed the stream before an answer. */
  code?: RevDialErrorCode;
}

let lastId = 0;

/** Returns what is to be called once at the end; `undefined` without subscribers. */
export function startDial(
  runnerId: string,
  streamClass: StreamClass,
): ((errorCode?: RevDialErrorCode) => void) | undefined {
  if (!DIAL_START.hasSubscribers && !DIAL_END.hasSubscribers) return undefined;
  const dial: DialDiagnostics = { id: (lastId += 1), runnerId, streamClass };
  const startedAtMs = performance.now();
  let isEnded = false;
  DIAL_START.publish(dial);
  return (errorCode) => {
    if (isEnded) return;
    isEnded = true;
    dial.durationMs = performance.now() - startedAtMs;
    if (errorCode !== undefined) dial.code = errorCode;
    DIAL_END.publish(dial);
  };
}
