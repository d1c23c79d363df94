import type { Queued } from '@helix/scheduler';
import { isWolfError, type WolfError, type WolfErrorCode } from '@helix/wolf-client';
import { defineDesktop } from '../desktop/desktop-definition.js';
import { unusableFieldsOf } from '../desktop/desktop-host.js';
import { LIMITS } from '../../limits.js';
import { HostElsewhereError, type SessionLease } from '../../session/session-lease.js';
import type { SessionReason } from '../../session/session-state.js';
import type { SessionEntity } from '../../session/session.entity.js';
import type { DesktopStopper } from './desktop-stopper.js';
import { ASK_PATIENCE, CREATE_PATIENCE, HOME_PATIENCE, OtherHosts, placementRequestOf } from './other-hosts.js';
import type { SessionDriverParts } from './session-driver-parts.js';
import {
  DESKTOP_LOST_REASON,
  HOST_LOST_REASON,
  placementReason,
  queuedReason,
  startReason,
} from '../../session/session-reasons.js';
import { StartError, type StartErrorCode } from '../desktop/start-error.js';

/**
 * Brings desktops up: place → lobby → running. Undoes in reverse what came to nothing.
 *
 *   the slot is reserved under the session's id (again: the same slot)
 *   the host is written on the session before its lobby is asked for; one on the row means that a lobby may stand there
 *   a lobby is looked for before one is created, and after
 */
export class DesktopStarter {
  readonly #parts: SessionDriverParts;
  readonly #stopper: DesktopStopper;

  constructor(parts: SessionDriverParts, stopper: DesktopStopper) {
    this.#parts = parts;
    this.#stopper = stopper;
  }

  /** Resolves with the session `running`, `failed`, `queued` while it waits for a slot, or where an owner's wish to stop, or trouble with undoing, left it. */
  async start(session: SessionEntity, lease: SessionLease): Promise<SessionEntity> {
    const { placements, logger } = this.#parts;
    if (session.state === 'running') return session;
    // An earlier attempt that was not undone, or an earlier life, may have a lobby on this host.
    const earlierHost = session.wolfInstanceId;
    const isOfEarlierLife = session.startAttempts === 0;
    if (session.startAttempts >= LIMITS.startAttemptsMax) {
      return await this.#undo(session, lease, earlierHost, tooManyAttempts(session));
    }
    // One that waits is asked for again; nothing new is told unless something is.
    const isWaiting = session.state === 'queued' && session.queueDeadlineAt !== null;
    if (session.state !== 'placing' && !isWaiting) session = await lease.change('place');
    if (session.desired === 'stopped') return session;

    const placement = await placements.place(placementRequestOf(session));
    if ('queued' in placement) return await this.#wait(session, lease, placement);
    if ('refused' in placement) {
      const { reason, message: why } = placement;
      logger.warn({ sessionId: session.id, reason, why }, 'placement refused');
      // What an earlier life left was cleared when that ended; a host that is away now does not hold up the answer.
      if (isOfEarlierLife) await this.#stopper.leaveBehind(session, earlierHost, lease);
      return await this.#undo(session, lease, isOfEarlierLife ? null : earlierHost, placementReason(placement));
    }
    const { wolfInstanceId } = placement;
    const isElsewhere = earlierHost !== null && earlierHost !== wolfInstanceId;
    if (isElsewhere) await this.#stopper.leaveBehind(session, earlierHost, lease);
    const placed = {
      wolfInstanceId,
      // What this life has left on the host before is not to be taken up should the session ever come back there.
      life: isElsewhere && !isOfEarlierLife ? session.life + 1 : session.life,
      startAttempts: session.startAttempts + 1,
    };
    const lobbyMayExist = earlierHost === wolfInstanceId;
    const isHome = lobbyMayExist && session.startedAt !== null;
    const others = new OtherHosts(this.#parts, isHome ? wolfInstanceId : undefined);
    session = await this.#assign(session, placed, others, lease);
    if (session.wolfInstanceId !== wolfInstanceId)
      return await this.#bringUpSomewhere(session, UNTOUCHED, others, lease);
    // Of an earlier life even a lobby on the same host is not to be kept: its desktop's token is revoked.
    const traces = { lobbyMayExist, mayAdopt: lobbyMayExist && !isOfEarlierLife };
    return await this.#bringUpSomewhere(session, traces, others, lease);
  }

  /** On the session's host; where that fails or does not answer, and another one could take it, there. */
  async #bringUpSomewhere(
    session: SessionEntity,
    traces: Traces,
    others: OtherHosts,
    lease: SessionLease,
  ): Promise<SessionEntity> {
    for (;;) {
      const { wolfInstanceId } = session;
      if (session.state !== 'starting' || session.desired === 'stopped' || wolfInstanceId === null) return session;
      const outcome = await this.#bringUp(session, wolfInstanceId, traces, others, lease);
      if (!('failure' in outcome)) return outcome.session;
      const { failure, lobbyMayExist } = outcome;
      const other = mayGoElsewhere(session, failure, others) ? await others.find(session, wolfInstanceId) : undefined;
      if (other === undefined)
        return await this.#undo(session, lease, lobbyMayExist ? wolfInstanceId : null, startReason(failure));
      others.note(wolfInstanceId, failure.code);
      session = await this.#move(session, other, others, lease);
      traces = UNTOUCHED;
    }
  }

  /**
   * Gives the session another host. The old one is not waited for: what it still makes is of an earlier life and has a token that
   * is revoked, and is stopped when the host is seen.
   */
  async #move(session: SessionEntity, to: string, others: OtherHosts, lease: SessionLease): Promise<SessionEntity> {
    const { placements, tokens, disconnect, logger } = this.#parts;
    await lease.hold();
    await tokens.revokeAll(session.id);
    disconnect(session.id);
    session = await lease.change('leaveHost');
    await placements.release(session.id);
    const request = { ...placementRequestOf(session), preferredInstanceId: to, failedOn: others.tried };
    const placement = await placements.place(request);
    if ('queued' in placement) return await this.#wait(session, lease, placement);
    if ('refused' in placement) return await this.#undo(session, lease, null, placementReason(placement));
    const { wolfInstanceId } = placement;
    logger.info(
      { sessionId: session.id, from: session.wolfInstanceId, to: wolfInstanceId },
      'session start moved to another host',
    );
    const { life, startAttempts } = session;
    return await this.#assign(session, { wolfInstanceId, life, startAttempts }, others, lease);
  }

  /**
   * Gives the session its host. One that is another replica's to ask is given to that, which goes on; where a host that is linked
   * here would do as well, to this: the other replica may have died a moment ago.
   */
  async #assign(
    session: SessionEntity,
    placed: { readonly wolfInstanceId: string; readonly life: number; readonly startAttempts: number },
    others: OtherHosts,
    lease: SessionLease,
  ): Promise<SessionEntity> {
    const { wolfInstanceId } = placed;
    if (!(await this.#parts.repository.isLinkedElsewhere(wolfInstanceId))) return await lease.change('assign', placed);
    const other = others.isHome(wolfInstanceId) ? undefined : await others.find(session, wolfInstanceId);
    if (other === undefined) {
      // The slot is the session's, also when another replica asks again; the attempt is the other replica's to count.
      await lease.change('handOver', { ...placed, startAttempts: session.startAttempts });
      throw new HostElsewhereError(wolfInstanceId);
    }
    others.note(wolfInstanceId, 'HOST_AWAY');
    return await this.#move(await lease.change('assign', placed), other, others, lease);
  }

  async #wait(session: SessionEntity, lease: SessionLease, { position, deadlineAt }: Queued): Promise<SessionEntity> {
    const isTold = session.queuePosition === position && session.queueDeadlineAt?.getTime() === deadlineAt.getTime();
    if (session.state === 'queued' && isTold) return session;
    return await lease.change('wait', {
      reason: queuedReason(position, deadlineAt),
      queuePosition: position,
      queueDeadlineAt: deadlineAt,
    });
  }

  async #bringUp(
    session: SessionEntity,
    wolfInstanceId: string,
    { lobbyMayExist, mayAdopt }: Traces,
    others: OtherHosts,
    lease: SessionLease,
  ): Promise<
    { readonly session: SessionEntity } | { readonly failure: WolfError | StartError; readonly lobbyMayExist: boolean }
  > {
    const { placements, instances, lobbies, tokens, desktop, hosts, logger } = this.#parts;
    const within = <T>(patience: typeof ASK_PATIENCE, work: (signal: AbortSignal) => Promise<T>): Promise<T> =>
      others.unlessElsewhere(session, wolfInstanceId, patience, lease.signal, work);
    try {
      let lobbyId = await within(others.isHome(wolfInstanceId) ? HOME_PATIENCE : ASK_PATIENCE, (signal) =>
        lobbies.find(session, wolfInstanceId, lease, signal),
      );
      if (lobbyId !== undefined && !mayAdopt) {
        // No attempt of this life has asked for it: its desktop has no token, and it may not even know the session's PIN.
        lobbyMayExist = true;
        await lobbies.stopAll(session, wolfInstanceId, lease);
        lobbyId = undefined;
      }
      if (lobbyId === undefined) {
        const host = await instances.find(wolfInstanceId);
        if (host === undefined) throw new StartError('HOST_REMOVED', 'the host is no longer registered');
        await lease.hold();
        // A token of an attempt that made no lobby has no desktop.
        await tokens.revokeAll(session.id);
        const token = await tokens.issue(session.id, session.ownerId);
        const definition = defineDesktop(session, host, desktop, token);
        const fields = unusableFieldsOf(host);
        // Names only: what stands in them may be made to harm readers of the log.
        if (fields.length > 0)
          logger.warn({ wolfInstanceId, fields }, 'host reports unusable fields; they are ignored');
        await lease.hold();
        lobbyMayExist = true;
        lobbyId = await within(CREATE_PATIENCE, (signal) =>
          lobbies.create(session, wolfInstanceId, definition, lease, signal),
        );
      }
      lobbyMayExist = true;
      if (!(await placements.confirm(session.id))) throw new StartError('SLOT_LOST', 'the slot is gone');
      session = await lease.change('run', { lobbyId });
      this.#parts.expectDesktop(session.id);
      logger.info({ sessionId: session.id, wolfInstanceId, lobbyId }, 'session is running');
      return { session };
    } catch (failure) {
      lease.signal.throwIfAborted();
      // The database's trouble is not the host's: nothing is undone, the drive is taken up again.
      if (!isWolfError(failure) && !(failure instanceof StartError)) throw failure;
      logger.warn({ sessionId: session.id, wolfInstanceId, error: failure }, 'session start failed');
      if (NO_ANSWER.has(failure.code)) hosts.doubt(wolfInstanceId);
      return { failure, lobbyMayExist };
    }
  }

  /** Takes back what failed starts may have left. What cannot be reached now stays reserved and is tried again. */
  async #undo(
    session: SessionEntity,
    lease: SessionLease,
    lobbyHost: string | null,
    reason: SessionReason,
  ): Promise<SessionEntity> {
    const failure = await this.#stopper.clearHost(session, lobbyHost, lease);
    if (failure !== undefined) return await this.#stopper.setReason(session, lease, reason);
    await this.#stopper.releaseResources(session, lease);
    return await lease.change('fail', { reason });
  }
}

/** What a host may have of the session before it is asked. */
interface Traces {
  readonly lobbyMayExist: boolean;
  /** A lobby of this life was asked for by this life. */
  readonly mayAdopt: boolean;
}

const UNTOUCHED: Traces = { lobbyMayExist: false, mayAdopt: false };

/** Failures that another host would repeat, or of which it is not known what stands here. */
const HERE_ONLY: ReadonlySet<string> = new Set<StartErrorCode | WolfErrorCode>([
  'SLOT_LOST',
  'IMAGE_NOT_ALLOWED',
  'INVALID_SESSION_ID',
  'TOO_MANY_ATTEMPTS',
  'WOLF_INVALID_REQUEST',
  'WOLF_WRONG_PIN',
]);

/**
 * A request that makes Wolf choke may do so everywhere (wolf-api §2.3): one more host has to show whether it was the request. And the
 * host where the session's workspace lies has a second try, unless it does not answer at all.
 */
function mayGoElsewhere(session: SessionEntity, failure: WolfError | StartError, others: OtherHosts): boolean {
  const isFirstAtHome = others.isHome(session.wolfInstanceId) && session.startAttempts <= 1;
  if (isFirstAtHome && failure.code !== 'HOST_AWAY') return false;
  const hasChokedBefore = others.tried.some((one) => one.failure === 'WOLF_EMPTY_ANSWER');
  return !HERE_ONLY.has(failure.code) && !(failure.code === 'WOLF_EMPTY_ANSWER' && hasChokedBefore);
}

const NO_ANSWER: ReadonlySet<string> = new Set<StartErrorCode | WolfErrorCode>([
  'HOST_AWAY',
  'WOLF_UNREACHABLE',
  'WOLF_TIMEOUT',
  'WOLF_EMPTY_ANSWER',
  'WOLF_INVALID_ANSWER',
]);

/** The failure of the last attempt tells more than their number, if it was told. */
function tooManyAttempts({ reason }: SessionEntity): SessionReason {
  const told: readonly string[] = [DESKTOP_LOST_REASON.code, HOST_LOST_REASON.code];
  if (reason !== null && !told.includes(reason.code)) return reason;
  return startReason(new StartError('TOO_MANY_ATTEMPTS', 'no attempt to start came to its end'));
}
