import { SCHEDULER_LIMITS } from '@helix/scheduler';
import type { SessionLease } from '../../session/session-lease.js';
import type { SessionEntity } from '../../session/session.entity.js';
import { isHostGivenUp, type DesktopStopper } from './desktop-stopper.js';
import type { SessionDriverParts } from './session-driver-parts.js';
import { HOST_GONE_REASON, HOST_GONE_RESTART_REASON } from '../../session/session-reasons.js';

/**
 * What becomes of a session whose host did not come back in time. Its slot and its token are taken back without asking the host;
 * the desktop that may still run there is of an earlier life from then on, and is stopped when the host is seen again.
 */
export class LostHost {
  readonly #parts: SessionDriverParts;
  readonly #stopper: DesktopStopper;

  constructor(parts: SessionDriverParts, stopper: DesktopStopper) {
    this.#parts = parts;
    this.#stopper = stopper;
  }

  /** Resolves with the session `failed`, `queued` for another host, or as it was when its host is back or still has time. */
  async giveUp(session: SessionEntity, lease: SessionLease): Promise<SessionEntity> {
    const { instances, now, logger } = this.#parts;
    if (!isHostGivenUp(session, now())) return session;
    const { wolfInstanceId } = session;
    const host = wolfInstanceId === null ? undefined : await instances.find(wolfInstanceId);
    if (host?.linkConnected === true && now().getTime() - host.lastSeenAt.getTime() < SCHEDULER_LIMITS.silenceMs)
      return session;
    if (session.state === 'stopping' || session.desired === 'stopped') return await this.#stopper.stop(session, lease);
    const isWantedElsewhere = session.onHostLost === 'restart';
    logger.warn(
      { sessionId: session.id, wolfInstanceId, isWantedElsewhere },
      'lost host of a session did not come back',
    );
    await this.#stopper.releaseResources(session, lease);
    return isWantedElsewhere
      ? await lease.change('restartElsewhere', { reason: HOST_GONE_RESTART_REASON })
      : await lease.change('failLostHost', { reason: HOST_GONE_REASON });
  }
}
