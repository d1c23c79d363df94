import { randomUUID } from 'node:crypto';
import type { SessionId } from '../../session/session-id.js';
import { HostElsewhereError, LeaseLostError, SessionLease } from '../../session/session-lease.js';
import { hasEnded } from '../../session/session-state.js';
import type { SessionEntity } from '../../session/session.entity.js';
import { DesktopAudit } from './desktop-audit.js';
import { DesktopStarter } from './desktop-starter.js';
import { DesktopStopper } from './desktop-stopper.js';
import { LostHost } from './lost-host.js';
import type { SessionDriverParts } from './session-driver-parts.js';

export type { SessionDriverParts } from './session-driver-parts.js';

/**
 * Moves one session towards what its owner wants: place → lobby → running, or stop → slot released. Every step is written
 * before the next begins, so that the next driver after a crash knows what may have been done and can do it again; what a
 * session holds is released before it is called stopped or failed. The row's lease keeps two drivers apart.
 */
export class SessionDriver {
  readonly #parts: SessionDriverParts;
  readonly #stopper: DesktopStopper;
  readonly #starter: DesktopStarter;
  readonly #audit: DesktopAudit;
  readonly #lostHost: LostHost;
  readonly #replica = randomUUID();
  readonly #drives = new Map<SessionLease, Promise<unknown>>();
  #isClosed = false;

  constructor(parts: SessionDriverParts) {
    this.#parts = parts;
    this.#stopper = new DesktopStopper(parts);
    this.#starter = new DesktopStarter(parts, this.#stopper);
    this.#audit = new DesktopAudit(parts);
    this.#lostHost = new LostHost(parts, this.#stopper);
  }

  /**
   * Works on the session until it is settled or cannot be moved further now.
   * Resolves with the row as left; `undefined` when another driver holds it or is to (that of the replica at which its host is
   * linked), it does not exist, or this one is closing.
   * @throws the database's errors and SchedulerError PLACEMENT_BUSY; the work is then taken up later. What Wolf says is
   * written on the session instead
   */
  drive(id: SessionId): Promise<SessionEntity | undefined> {
    return this.#hold(id, (session, lease) => this.#advance(session, lease));
  }

  /**
   * First makes sure that the host runs of this session what the row says, no more and no less, then drives it. For hosts
   * that are seen to run something else. Resolves and rejects as `drive` does.
   */
  audit(
    id: SessionId,
    wolfInstanceId: string,
    isSameWolf: () => boolean = () => true,
  ): Promise<SessionEntity | undefined> {
    const audited = async (session: SessionEntity, lease: SessionLease): Promise<SessionEntity> => {
      session = await this.#audit.audit(session, wolfInstanceId, lease, isSameWolf);
      // What it has on another host, which may be linked elsewhere, is for its drive.
      if (session.wolfInstanceId !== wolfInstanceId && !hasEnded(session.state)) return session;
      // Lost more than once in a short time: the reconciler takes it up after a pause.
      if (session.state === 'queued' && session.startAttempts > 1) return session;
      return await this.#advance(session, lease);
    };
    return this.#hold(id, audited, true);
  }

  /**
   * The session's host is lost and did not come back in time; see `LostHost`. One that is to be started elsewhere is left `queued`.
   * Resolves and rejects as `drive` does.
   */
  giveUpHost(id: SessionId): Promise<SessionEntity | undefined> {
    return this.#hold(id, (session, lease) => this.#lostHost.giveUp(session, lease));
  }

  /** Cuts the drives under way, for others to take up; resolves when each has given its lease back. Idempotent. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const lease of this.#drives.keys()) lease.destroy();
    await Promise.allSettled(this.#drives.values());
  }

  async #hold(
    id: SessionId,
    work: (session: SessionEntity, lease: SessionLease) => Promise<SessionEntity>,
    here = false,
  ): Promise<SessionEntity | undefined> {
    if (this.#isClosed) return undefined;
    const { repository, directory } = this.#parts;
    // The holder's name is new for each drive, so that two drives of one replica exclude each other as well.
    const remember = (session: SessionEntity): void => {
      directory.remember(session);
    };
    const claimed = await SessionLease.claim(repository, id, `${this.#replica}/${randomUUID()}`, remember, here);
    if (claimed === undefined) return undefined;
    const { lease, session } = claimed;
    const drive = work(session, lease).finally(() => lease.release());
    this.#drives.set(lease, drive);
    this.#cutWhenClosed(lease);
    try {
      return await drive;
    } catch (error) {
      if (error instanceof LeaseLostError) return undefined;
      if (error instanceof HostElsewhereError) {
        await repository.announce(id);
        return undefined;
      }
      throw error;
    } finally {
      this.#drives.delete(lease);
    }
  }

  /** Closed while the lease was being claimed, of which `close` did not know. */
  #cutWhenClosed(lease: SessionLease): void {
    if (this.#isClosed) lease.destroy();
  }

  async #advance(session: SessionEntity, lease: SessionLease): Promise<SessionEntity> {
    if (hasEnded(session.state)) {
      // Nothing to release, unless a driver did something after it had lost its lease.
      await this.#stopper.releaseResources(session, lease);
      return session;
    }
    if (session.state !== 'stopping' && session.desired === 'running') {
      session = await this.#starter.start(session, lease);
    }
    // The owner may have asked for a stop meanwhile, and during that for the desktop again.
    if (session.state === 'stopping' || (session.desired === 'stopped' && session.state !== 'failed')) {
      session = await this.#stopper.stop(session, lease);
      if (session.state === 'queued') session = await this.#starter.start(session, lease);
    }
    return session;
  }
}
