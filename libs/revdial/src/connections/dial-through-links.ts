import type { Duplex } from 'node:stream';
import { DIAL_TIMEOUT_MS } from '../limits.js';
import { isRevDialError, RevDialError } from '../revdial-error.js';
import type { OpenStreamOptions, RunnerLink } from '../runner-link.js';
import type { RunnerRecord } from './runner-record.js';

/**
 * Dials a runner over the link that stands, or the one that comes within the grace period. A link that is lost before the
 * dial was picked up has carried nothing of it, so the dial moves on to the next link, unseen by its caller, as long as
 * the time for pick-ups lasts. A link that is picked up and lost later is for the caller to see.
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
    const link = await record.linkOtherThan(failed, Math.max(1, Math.ceil(graceLeftMs)), options.signal);
    const isStanding = await stands(link, Math.max(1, Math.ceil(graceLeftMs - sinceMs(askedAtMs))), options.signal);
    const triedAtMs = performance.now();
    graceLeftMs -= triedAtMs - askedAtMs;
    if (!isStanding) {
      failed = link;
      onMoved();
      continue;
    }
    try {
      const stream = await link.openStream({ ...options, timeoutMs: Math.max(1, Math.ceil(pickUpLeftMs)) });
      onOpened(stream, sinceMs(triedAtMs), link);
      return stream;
    } catch (error) {
      if (!isRevDialError(error, 'LINK_LOST')) throw error;
      pickUpLeftMs -= performance.now() - triedAtMs;
      if (pickUpLeftMs <= 0)
        throw new RevDialError('DIAL_TIMEOUT', 'no link stood long enough to pick up', { cause: error });
      failed = link;
      onMoved();
    }
  }
}

/** `false`: the link was not resumed, and the runner may come with another. */
async function stands(link: RunnerLink, limitMs: number, signal: AbortSignal | undefined): Promise<boolean> {
  try {
    await link.whenStanding?.(limitMs, signal);
    return true;
  } catch (error) {
    if (isRevDialError(error, 'LINK_LOST')) return false;
    throw error;
  }
}

function sinceMs(atMs: number): number {
  return performance.now() - atMs;
}
