import { setTimeout as delay } from 'node:timers/promises';
import { withDeadline, withSignal } from '@helix/pacing';
import type { PlacementService, PlacementDecision } from '@helix/scheduler';
import { lobbyPinToText, randomLobbyPin } from '@helix/wolf-client';
import type { DesktopConfig } from './desktop/desktop-config.js';
import { clampDisplay } from '../session/display-settings.js';
import { checkCallerEnvironment } from '../session/environment.js';
import { ExternalAgentError, EXTERNAL_AGENT_ERROR_CODES } from '../external-agent-error.js';
import { checkHostLabels } from './desktop/host-labels.js';
import { LIMITS } from '../limits.js';
import type { LastPictureKeeper } from '../desktop-services/pictures/last-picture-keeper.js';
import type { SessionDirectory } from '../session/session-directory.js';
import { createSessionId, isSessionId, type SessionId } from '../session/session-id.js';
import { isSettled, type HostLostWish } from '../session/session-state.js';
import type { SessionEntity } from '../session/session.entity.js';
import type { SessionLists, SessionPage } from '../session/session-lists.js';
import type { NewSession, SessionRepository } from '../session/session.repository.js';
import type { SessionDriver } from './driver/session-driver.js';
import { HOST_REMOVED_REASON } from '../session/session-reasons.js';

/** What a caller may decide about their session. */
export interface CreateSession {
  readonly ownerId: string;
  /** A caller who may retry names the session himself: the same id never makes a second desktop. */
  readonly sessionId?: string | undefined;
  readonly name?: string | undefined;
  readonly environment?: readonly string[] | undefined;
  readonly display?: {
    readonly width?: number | undefined;
    readonly height?: number | undefined;
    readonly refreshHz?: number | undefined;
  };
  /** One vendor, or any of several. */
  readonly gpuVendor?: string | readonly string[] | undefined;
  readonly image?: string | undefined;
  readonly labels?: Readonly<Record<string, string>>;
  /** Idle time after which the desktop is stopped, in milliseconds; the operator's where it is absent. */
  readonly idleLimitMs?: number | undefined;
  /** Labels which its host must have. */
  readonly hostLabels?: Readonly<Record<string, string>> | undefined;
  /** How long it waits for a slot when every suitable host is full, in milliseconds, up to `LIMITS.queueMaxMs`; 0: not at all. */
  readonly queueMs?: number | undefined;
  /** What becomes of it when its host is lost and does not come back in time; `fail` where it is absent. */
  readonly onHostLost?: HostLostWish | undefined;
}

export interface ExternalAgentServiceParts {
  readonly repository: SessionRepository;
  readonly lists: SessionLists;
  readonly directory: SessionDirectory;
  readonly driver: Pick<SessionDriver, 'drive'>;
  readonly pictures: Pick<LastPictureKeeper, 'forget'>;
  readonly desktop: DesktopConfig;
  readonly placements: Pick<PlacementService, 'decisionOf' | 'forget'>;
}

/** How long a command waits for its session to settle before it answers with the state on the way: less than proxies wait. */
const SETTLE_TIMEOUT_MS = 25_000;
/** Between two looks at a session which another replica is working on. */
const POLL_MS = 150;

/** Commands on sessions: idempotent, and independent of whether the caller stays to hear the answer. */
export class ExternalAgentService {
  readonly #parts: ExternalAgentServiceParts;
  readonly #closing = new AbortController();

  constructor(parts: ExternalAgentServiceParts) {
    this.#parts = parts;
  }

  /**
   * Creates a session and brings its desktop up. Asked again with the same id it returns the session as it is, and tries
   * again one that failed. Resolves when the session runs, or with a session still on its way after 25 s, or as soon as it
   * cannot be moved further now, such as while it waits for a slot. One for which there is no place leaves nothing behind.
   * @throws ExternalAgentError INVALID_REQUEST, SESSION_FORBIDDEN, SESSION_WRONG_STATE (stopped), PLACEMENT_…, START_FAILED;
   * CREATE_UNFINISHED when it is made and nothing more can be said of it
   */
  async create(request: CreateSession): Promise<SessionEntity> {
    const id = this.#checkedId(request.sessionId);
    const environment = checkCallerEnvironment(request.environment ?? []);
    if (request.image !== undefined && !this.#parts.desktop.allowedImages.includes(request.image)) {
      throw new ExternalAgentError('INVALID_REQUEST', 'image is not on the list of allowed images');
    }
    checkText('name', request.name ?? '');
    const placementLabels = checkHostLabels(request.hostLabels ?? {});
    for (const [label, value] of Object.entries(request.labels ?? {})) checkText(label, value);
    const wanted: NewSession = {
      id,
      ownerId: request.ownerId,
      name: (request.name ?? '').slice(0, LIMITS.sessionNameMaxLength) || `Agent ${id.slice(-4)}`,
      lobbyPin: lobbyPinToText(randomLobbyPin()),
      display: clampDisplay(request.display ?? {}),
      environment,
      gpuVendor: [request.gpuVendor ?? []].flat().join() || null,
      image: request.image ?? null,
      labels: request.labels ?? {},
      idleLimitMs: request.idleLimitMs ?? null,
      placementLabels,
      queueMs: Math.round(Math.min(Math.max(request.queueMs ?? 0, 0), LIMITS.queueMaxMs)),
      onHostLost: request.onHostLost ?? 'fail',
    };
    for (;;) {
      const isNew = await this.#parts.repository.insert(wanted);
      // Another create of the same id was refused meanwhile: this one is the first now.
      if (!isNew && !(await this.#reviveForRetry(id, request.ownerId))) continue;
      const session = await this.#settle(id).catch((cause: unknown) => this.#readUnsettled(id, cause));
      if (session === undefined) continue;
      if (session.state !== 'failed') return session;
      const failure = await failureOf(session, this.#parts.placements);
      if (failure.code.startsWith('PLACEMENT_')) await this.#leaveNothing(id);
      throw failure;
    }
  }

  /**
   * Brings the desktop of an ended session back: the same workspace, on the same host if that has room. One that runs or is
   * on its way is left as it is. Resolves and rejects as `create` does.
   * @throws ExternalAgentError SESSION_NOT_FOUND besides
   */
  async resume(id: SessionId): Promise<SessionEntity> {
    this.#remembered(await this.#parts.repository.resume(id));
    await this.#parts.pictures.forget(id);
    const left = this.#remembered(await this.#settle(id).catch((cause: unknown) => this.#readUnsettled(id, cause)));
    if (left.state === 'failed') throw await failureOf(left, this.#parts.placements);
    return left;
  }

  /** @throws ExternalAgentError INVALID_REQUEST, SESSION_NOT_FOUND */
  async rename(id: SessionId, name: string): Promise<SessionEntity> {
    const text = name.trim();
    checkText('name', text);
    if (text === '' || text.length > LIMITS.sessionNameMaxLength) {
      throw new ExternalAgentError(
        'INVALID_REQUEST',
        `name must have 1 to ${String(LIMITS.sessionNameMaxLength)} characters`,
      );
    }
    return this.#remembered(await this.#parts.repository.rename(id, text));
  }

  /**
   * Deletes the session: it is hidden from here on, and its desktop is stopped, if need be later.
   * @throws ExternalAgentError SESSION_NOT_FOUND
   */
  async remove(id: SessionId): Promise<SessionEntity> {
    const session = this.#remembered(await this.#parts.repository.markDeleted(id));
    await this.#parts.pictures.forget(id);
    return await this.#settle(id).catch(() => session);
  }

  /**
   * Stops the session's desktop and frees its slot. Stopping twice is a success. Resolves when it is stopped, or with the
   * session `stopping` while its host is away; the stop is then finished when the host returns.
   * @throws ExternalAgentError SESSION_NOT_FOUND
   */
  async stop(id: SessionId): Promise<SessionEntity> {
    this.#remembered(await this.#parts.repository.requestStop(id));
    return await this.#settle(id);
  }

  /**
   * The host is out of service: its desktops are stopped, by the reconciler, which does not wait for a host that is not
   * registered and cannot be reached. Call it after the host is removed, so that nothing more is placed there. Doing it twice
   * is a success. Resolves with how many sessions were asked to stop.
   */
  async giveUpHost(wolfInstanceId: string): Promise<number> {
    let count = 0;
    for (;;) {
      const marked = await this.#parts.repository.stopOnHost(
        wolfInstanceId,
        HOST_REMOVED_REASON,
        LIMITS.hostStopsAtOnce,
      );
      count += marked;
      if (marked < LIMITS.hostStopsAtOnce) return count;
    }
  }

  /** @throws ExternalAgentError SESSION_NOT_FOUND */
  async get(id: SessionId): Promise<SessionEntity> {
    return await this.#parts.directory.get(id);
  }

  async list(query: Parameters<SessionLists['list']>[0]): Promise<SessionPage> {
    const pageSize = Math.min(Math.max(query.pageSize, 1), LIMITS.pageSizeMax);
    return await this.#parts.lists.list({ ...query, pageSize });
  }

  /**
   * Ends the waits of commands under way, which resolve with their session on its way. The work goes on for as long as the
   * driver lives, and is then left to the next driver.
   */
  close(): void {
    this.#closing.abort();
  }

  #checkedId(asked: string | undefined): SessionId {
    if (asked === undefined || asked === '') return createSessionId();
    if (!isSessionId(asked)) {
      throw new ExternalAgentError('INVALID_REQUEST', 'session_id must be ses_ and 26 lower-case ULID characters');
    }
    return asked;
  }

  /** `false` when there is no such session. */
  async #reviveForRetry(id: SessionId, ownerId: string): Promise<boolean> {
    const session = await this.#parts.repository.find(id);
    if (session === null) return false;
    if (session.ownerId !== ownerId) {
      throw new ExternalAgentError('SESSION_FORBIDDEN', 'Forbidden');
    }
    if (session.desired === 'stopped') {
      throw new ExternalAgentError('SESSION_WRONG_STATE', `the session is ${session.state}; create another one`);
    }
    if (session.state === 'failed') await this.#parts.repository.requeueFailed(id);
    return true;
  }

  /** The caller has been told everything; what is refused must not fill the database. What cannot be removed now stays, as failed. */
  async #leaveNothing(id: SessionId): Promise<void> {
    const { repository, directory, placements } = this.#parts;
    try {
      if (!(await repository.removeRefused(id))) return;
      directory.forget(id);
      await placements.forget(id);
    } catch {
      // The refusal is the answer all the same.
    }
  }

  #remembered(session: SessionEntity | undefined): SessionEntity {
    if (session === undefined) throw new ExternalAgentError('SESSION_NOT_FOUND', 'Session not found');
    this.#parts.directory.remember(session);
    return session;
  }

  /**
   * The database or the scheduler stood in the way, and the reconciler goes on later. The caller must learn of the session: one
   * who is only told to try again makes a second. `undefined` when there is no such session any more.
   */
  async #readUnsettled(id: SessionId, cause: unknown): Promise<SessionEntity | undefined> {
    if (cause instanceof ExternalAgentError && cause.code === 'SESSION_NOT_FOUND') return undefined;
    try {
      return (await this.#parts.repository.find(id)) ?? undefined;
    } catch {
      throw new ExternalAgentError('CREATE_UNFINISHED', 'the session is made and is started as soon as possible', {
        cause,
        details: { sessionId: id },
      });
    }
  }

  /** Resolves and rejects as the drive does, or with nothing when this closes or the time is over first. */
  async #untilClosing(drive: Promise<SessionEntity | undefined>, limitMs: number): Promise<SessionEntity | undefined> {
    // One that is not waited for any longer is in the log.
    drive.catch(() => undefined);
    const deadline = { isOver: false };
    const late = (): Error => {
      deadline.isOver = true;
      return new Error('the command answers without the end of its drive');
    };
    try {
      return await withDeadline(limitMs, this.#closing.signal, late, (limited) => withSignal(limited, drive));
    } catch (error) {
      if (deadline.isOver || this.#closing.signal.aborted) return undefined;
      throw error;
    }
  }

  /** Drives the session, or waits for the one who does, until it is where its owner wants it or cannot get there now. */
  async #settle(id: SessionId): Promise<SessionEntity> {
    const endsAt = performance.now() + SETTLE_TIMEOUT_MS;
    for (;;) {
      const driven = await this.#untilClosing(this.#parts.driver.drive(id), endsAt - performance.now());
      if (driven !== undefined) return driven;
      const session = this.#remembered((await this.#parts.repository.find(id)) ?? undefined);
      const isWaiting = session.state === 'queued' && session.desired === 'running' && session.queueDeadlineAt !== null;
      const isSettledAsWished =
        isSettled(session.state) && !(session.state === 'running' && session.desired === 'stopped');
      const done = isSettledAsWished || isWaiting;
      if (done || performance.now() > endsAt || this.#closing.signal.aborted) return session;
      await delay(POLL_MS, undefined, { signal: this.#closing.signal }).catch(() => undefined);
    }
  }
}

/** PostgreSQL refuses NULs and half characters; no name has any of the others either. */
function checkText(field: string, text: string): void {
  if (/[\p{Cc}\p{Cs}]/u.test(text)) throw new ExternalAgentError('INVALID_REQUEST', `${field} has a control character`);
}

/** Why a session has failed, for who asked for it; where there was no place for it, also in numbers. */
export async function failureOf(
  { id, reason }: SessionEntity,
  placements: Pick<PlacementService, 'decisionOf'>,
): Promise<ExternalAgentError> {
  const code = EXTERNAL_AGENT_ERROR_CODES.find((known) => known === reason?.code) ?? 'START_FAILED';
  // It says more than the sentence does; where it cannot be read the sentence has to do.
  const decision = code.startsWith('PLACEMENT_') ? await placements.decisionOf(id).catch(() => undefined) : undefined;
  return new ExternalAgentError(code, reason?.message ?? 'the session failed', {
    details: { sessionId: id, ...(decision !== undefined && { placement: summaryOf(decision) }) },
  });
}

/** In the words of `GET /api/v1/sessions/{id}/placement`; it names no host. */
function summaryOf({ reason, counts, consideredCount }: PlacementDecision): Readonly<Record<string, unknown>> {
  return { reason, counts, considered_count: consideredCount };
}
