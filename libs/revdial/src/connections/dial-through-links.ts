import type { Duplex } from 'node:stream';
import { DIAL_TIMEOUT_MS } from '../limits.js';
import { isRevDialError, RevDialError } from '../revdial-error.js';
import type { OpenStreamOptions, RunnerLink } from '../runner-link.js';
import type { RunnerRecord } from './runner-record.js';

/**
 * Dials a runner over its link, or the one that comes within the grace period. A link that is lost before the
 * dial was picked up has carried nothing of it, so the dial moves on to the next link, unseen by its caller, as long as
 * the time for pick-ups lasts. A stream that is lost after it was picked up is for the caller to see.
 *
 * `graceMs` bounds the waits for links together, those for a link to be resumed among them: a runner that flaps begins a new
 * grace period with each loss.
 */
export async function dialThroughLinks(
  record: RunnerRecord,
  options: OpenStreamOptions,
  graceMs: number,
  onMoved: () => void,
  onOpened: (stream: Duplex, tookMs: number, link: RunnerLink) => void,
): Promise<Duplex> {
  let pickUpLeftMs = options.timeoutMs ?? DIAL_TIMEOUT_MS;
  let graceLeftMs = graceMs;
  let failed: RunnerLink | undefined;
  for (;;) {
    const askedAtMs = performance.now();
    const { signal } = options;
    const link = await record.waitForLink({ except: failed, limitMs: wholeMs(graceLeftMs), signal });
    const isConnected = await becomesConnected(link, wholeMs(graceLeftMs - sinceMs(askedAtMs)), signal);
    const triedAtMs = performance.now();
    graceLeftMs -= triedAtMs - askedAtMs;
    if (!isConnected) {
      failed = link;
      onMoved();
      continue;
    }
    try {
      const stream = await link.openStream({ ...options, timeoutMs: wholeMs(pickUpLeftMs) });
      onOpened(stream, sinceMs(triedAtMs), link);
      return stream;
    } catch (error) {
      if (!isRevDialError(error, 'LINK_LOST')) throw error;
      pickUpLeftMs -= performance.now() - triedAtMs;
      if (pickUpLeftMs <= 0)
        throw new RevDialError('DIAL_TIMEOUT', 'no link lasted long enough to pick up', { cause: error });
      failed = link;
      onMoved();
    }
  }
}

/** `false`: the link was not resumed, and the runner may come with another. */
async function becomesConnected(link: RunnerLink, limitMs: number, signal: AbortSignal | undefined): Promise<boolean> {
  try {
    await link.whenConnected?.(limitMs, signal);
    return true;
  } catch (error) {
    if (isRevDialError(error, 'LINK_LOST')) return false;
    throw error;
  }
}

/** What timers take: at least one. */
function wholeMs(ms: number): number {
  return Math.max(1, Math.ceil(ms));
}

function sinceMs(atMs: number): number {
  return performance.now() - atMs;
}
