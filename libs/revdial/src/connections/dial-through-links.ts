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
 * `graceMs` bounds the waits for links together: a runner that flaps begins a new grace period with each loss.
 */
export async function dialThroughLinks(
  record: RunnerRecord,
  options: OpenStreamOptions,
  graceMs: number,
  onMoved: () => void,
): Promise<Duplex> {
  let pickUpLeftMs = options.timeoutMs ?? DIAL_TIMEOUT_MS;
  let graceLeftMs = graceMs;
  let failed: RunnerLink | undefined;
  for (;;) {
    const askedAtMs = performance.now();
    const link = await record.linkOtherThan(failed, Math.max(1, Math.ceil(graceLeftMs)), options.signal);
    const triedAtMs = performance.now();
    graceLeftMs -= triedAtMs - askedAtMs;
    try {
      return await link.openStream({ ...options, timeoutMs: Math.max(1, Math.ceil(pickUpLeftMs)) });
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
