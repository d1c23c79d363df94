import { setTimeout as delay } from 'node:timers/promises';
import { LIMITS } from '../../limits.js';
import type { SessionEntity } from '../../session/session.entity.js';
import type { SessionDriverParts } from './session-driver-parts.js';
import { StartError } from '../desktop/start-error.js';
import type { PlacementRequest } from '@helix/scheduler';

/** How long a host may take to do something for a start while another one could do it. In milliseconds. */
interface Patience {
  /** While its link stands and nothing is heard of its Wolf. */
  readonly silentMs: number;
  /** While its link has no connection. */
  readonly awayMs: number;
}

/** For the question whether there is a lobby: nothing has been asked for yet, so that leaving costs nothing. */
export const ASK_PATIENCE: Patience = { silentMs: LIMITS.startAskMs, awayMs: 0 };
/** The same where the session's workspace lies: another host has an empty one. */
export const HOME_PATIENCE: Patience = { silentMs: LIMITS.startHomeMs, awayMs: LIMITS.startHomeMs };
/** For the lobby itself: what is left behind may come all the same, and has to be stopped. */
export const CREATE_PATIENCE: Patience = { silentMs: LIMITS.startCreateMs, awayMs: LIMITS.startAwayMs };

/**
 * Looks for a better host while a start goes badly on the one that was chosen for it. Where there is none a start waits as long
 * as it must: a link that is away for a moment, or a Wolf that is busy, is no reason to fail.
 */
export class OtherHosts {
  readonly #parts: Pick<SessionDriverParts, 'placements' | 'hosts'>;
  readonly #home: string | undefined;
  /** Hosts on which the start has failed, and how. */
  readonly #tried = new Map<string, string>();
  readonly #begunAtMs = performance.now();

  /** `home`: where the session's workspace lies, if it has one there. */
  constructor(parts: Pick<SessionDriverParts, 'placements' | 'hosts'>, home?: string) {
    this.#parts = parts;
    this.#home = home;
  }

  isHome(wolfInstanceId: string | null): boolean {
    return wolfInstanceId !== null && wolfInstanceId === this.#home;
  }

  /** Hosts on which the start has failed, for the record. */
  get tried(): readonly { readonly id: string; readonly failure: string }[] {
    return [...this.#tried].map(([id, failure]) => ({ id, failure }));
  }

  note(wolfInstanceId: string, failure: string): void {
    this.#tried.set(wolfInstanceId, failure);
  }

  /**
   * A host that would take the session, whose link stands, and on which it was not tried; undefined when there is none, and when
   * enough were tried. Rejects with the database's errors.
   */
  async find(session: SessionEntity, but: string): Promise<string | undefined> {
    const isOver = performance.now() - this.#begunAtMs >= LIMITS.startElsewhereMs;
    if (isOver || new Set([...this.#tried.keys(), but]).size >= LIMITS.startHostsMax) return undefined;
    const { hosts } = await this.#parts.placements.explain(placementRequestOf(session));
    return hosts.find(
      ({ id, obstacle }) =>
        obstacle === undefined && id !== but && !this.#tried.has(id) && this.#parts.hosts.isReachable(id),
    )?.id;
  }

  /**
   * Does the work on the host; cuts it when the host's patience is over and another one would take the session.
   * @throws StartError HOST_AWAY when it was cut; and what the work throws
   */
  async unlessElsewhere<T>(
    session: SessionEntity,
    wolfInstanceId: string,
    patience: Patience,
    signal: AbortSignal,
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const cut = new AbortController();
    const done = new AbortController();
    const watching = this.#watch(session, wolfInstanceId, patience, cut, done.signal);
    if (patience.awayMs === 0 && !this.#parts.hosts.isReachable(wolfInstanceId))
      await this.#cutIfElsewhere(session, wolfInstanceId, cut);
    try {
      cut.signal.throwIfAborted();
      return await work(AbortSignal.any([signal, cut.signal]));
    } catch (error) {
      throw cut.signal.aborted && !signal.aborted ? cut.signal.reason : error;
    } finally {
      done.abort();
      await watching;
    }
  }

  async #watch(
    session: SessionEntity,
    wolfInstanceId: string,
    { silentMs, awayMs }: Patience,
    cut: AbortController,
    done: AbortSignal,
  ): Promise<void> {
    const { hosts } = this.#parts;
    const begunAtMs = performance.now();
    let standsSinceMs = begunAtMs;
    for (;;) {
      await delay(LIMITS.startLookMs, undefined, { signal: done, ref: false }).catch(() => undefined);
      if (done.aborted || cut.signal.aborted) return;
      const nowMs = performance.now();
      if (hosts.isReachable(wolfInstanceId)) standsSinceMs = nowMs;
      const heardAtMs = Math.max(hosts.heardAtMs(wolfInstanceId) ?? 0, begunAtMs);
      if (nowMs - standsSinceMs > awayMs + LIMITS.startLookMs / 2 || nowMs - heardAtMs >= silentMs)
        await this.#cutIfElsewhere(session, wolfInstanceId, cut);
    }
  }

  async #cutIfElsewhere(session: SessionEntity, wolfInstanceId: string, cut: AbortController): Promise<void> {
    // What the database's trouble hides is looked for again.
    const other = await this.find(session, wolfInstanceId).catch(() => undefined);
    if (other !== undefined) cut.abort(new StartError('HOST_AWAY', 'the host does not answer, and another one could'));
  }
}

/** What a session asks for when it is placed. */
export function placementRequestOf(session: SessionEntity): PlacementRequest {
  const { id, gpuVendor, image, placementLabels, queueMs, wolfInstanceId, startedAt } = session;
  return {
    sessionId: id,
    labels: placementLabels,
    queueMs,
    ...(gpuVendor !== null && { gpuVendor: gpuVendor.split(',') }),
    ...(image !== null && { image }),
    // Where its workspace lies, if it ever ran; a host that only failed it is no better than others.
    ...(wolfInstanceId !== null && startedAt !== null && { preferredInstanceId: wolfInstanceId }),
  };
}
