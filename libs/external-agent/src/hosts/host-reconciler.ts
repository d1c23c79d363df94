import { systemClock, TroubleLog, withDeadline, type Clock } from '@helix/pacing';
import type { CapacityDrift, PlacementService } from '@helix/scheduler';
import type { WolfSnapshot, WolfLobby } from '@helix/wolf-client';
import type { ExternalAgentLogger } from '../external-agent-logger.js';
import { LIMITS } from '../limits.js';
import type { HostWatch } from './host-watch.js';
import { TwoReadings } from './two-readings.js';
import { markedSessionOf } from '../session/desktop-marks.js';

export interface HostReconcilerParts {
  readonly hosts: Pick<HostWatch, 'snapshotOf' | 'refresh' | 'whenSeen'>;
  readonly placements: Pick<PlacementService, 'listByInstance' | 'reconcile'>;
  readonly logger: ExternalAgentLogger;
  readonly intervalMs: number;
  /** Between the two readings that must agree. */
  readonly readingsApartMs: number;
  readonly clock?: Clock | undefined;
}

interface Followed {
  readonly ending: AbortController;
  reconciledAtMs: number;
  reconcileCount: number;
  /** Foreign lobbies, as they were counted last. */
  foreignIds: ReadonlySet<string>;
  underWay: Promise<void> | undefined;
}

/**
 * Keeps what is counted of each host equal to what it runs: with the first two lists after its link came that agree, about every minute, and
 * when a foreign lobby comes or goes. Sessions that have no lobby, and lobbies of sessions that should have none, are the
 * auditor's; here they are only counted.
 */
export class HostReconciler {
  readonly #parts: HostReconcilerParts;
  readonly #followed = new Map<string, Followed>();
  readonly #endings = new Set<Promise<void>>();
  readonly #readings: TwoReadings;
  readonly #troubles: TroubleLog;
  readonly #clock: Clock;

  constructor(parts: HostReconcilerParts) {
    this.#parts = parts;
    this.#troubles = new TroubleLog(parts.logger);
    this.#clock = parts.clock ?? systemClock;
    this.#readings = new TwoReadings(
      parts.readingsApartMs,
      (id) => {
        parts.hosts.refresh(id);
      },
      parts.clock,
    );
  }

  /** The host's link has come. */
  begin(id: string): void {
    this.end(id);
    const ending = new AbortController();
    this.#followed.set(id, {
      ending,
      reconciledAtMs: -Infinity,
      reconcileCount: 0,
      foreignIds: new Set(),
      underWay: undefined,
    });
  }

  end(id: string): void {
    const followed = this.#followed.get(id);
    this.#followed.delete(id);
    this.#readings.forget(id);
    followed?.ending.abort();
    if (followed?.underWay === undefined) return;
    const ended = followed.underWay.finally(() => this.#endings.delete(ended));
    this.#endings.add(ended);
  }

  /** Has the host not been compared for so long that its lists should be read for it? */
  isDue(id: string): boolean {
    const followed = this.#followed.get(id);
    return followed !== undefined && this.#isOld(followed);
  }

  /** The host's lists were read. */
  look(id: string, snapshot: WolfSnapshot): void {
    const followed = this.#followed.get(id);
    if (followed === undefined || followed.underWay !== undefined || !this.#mayDiffer(followed, snapshot)) return;
    followed.underWay = this.#reconcile(id, followed).then((isDone) => {
      followed.underWay = undefined;
      const latest = this.#parts.hosts.snapshotOf(id);
      if (isDone && latest !== undefined && !followed.ending.signal.aborted) this.look(id, latest);
    });
  }

  /** Resolves when nothing is under way any more. Never rejects. */
  async close(): Promise<void> {
    for (const id of [...this.#followed.keys()]) this.end(id);
    await Promise.all(this.#endings);
  }

  #isOld({ reconciledAtMs, reconcileCount }: Followed): boolean {
    // A little less than the interval: lists are read at the same pace, and one that comes a moment early will do. And the first
    // time a new host may not have had its row yet.
    const staysMs = this.#parts.intervalMs * (reconcileCount === 1 ? 0.1 : 0.75);
    return this.#clock.nowMs() - reconciledAtMs >= staysMs;
  }

  #mayDiffer(followed: Followed, { lobbies }: WolfSnapshot): boolean {
    if (this.#isOld(followed)) return true;
    const present = new Set<string>(lobbies.map(({ id }) => id));
    const { foreignIds } = followed;
    return (
      [...foreignIds].some((id) => !present.has(id)) ||
      listForeignLobbies(lobbies, new Set()).some(({ id, isMarked }) => !isMarked && !foreignIds.has(id))
    );
  }

  /** False when it could not be done. Never rejects. */
  async #reconcile(id: string, followed: Followed): Promise<boolean> {
    try {
      const foreignIds = await this.#findForeign(id, followed);
      if (followed.ending.signal.aborted || !this.#isConfirmed(id, foreignIds)) return false;
      const drift = await this.#parts.placements.reconcile(id, { foreignLobbyCount: foreignIds.size });
      followed.foreignIds = foreignIds;
      followed.reconciledAtMs = this.#clock.nowMs();
      followed.reconcileCount += 1;
      this.#troubles.worked('reconcile', {}, 'capacity reconciliation works again');
      if (drift !== undefined) this.#log(id, drift);
      return true;
    } catch (error) {
      if (!followed.ending.signal.aborted) {
        this.#troubles.failed('reconcile', { wolfInstanceId: id, error }, 'capacity reconciliation failed');
      }
      return false;
    }
  }

  /** Did an earlier reading of the same Wolf show these very lobbies? */
  #isConfirmed(id: string, foreignIds: ReadonlySet<string>): boolean {
    const snapshot = this.#parts.hosts.snapshotOf(id);
    return snapshot !== undefined && this.#readings.confirm(id, snapshot, [[...foreignIds].sort().join()]).size > 0;
  }

  /**
   * A slot is free before the list shows that its lobby is gone. So a marked lobby without a slot counts only when it stands
   * in a list that was asked for after the slots were read.
   */
  async #findForeign(id: string, { foreignIds: known, ending }: Followed): Promise<ReadonlySet<string>> {
    const seen = this.#parts.hosts.snapshotOf(id);
    const foreign = listForeignLobbies(seen?.lobbies ?? [], await this.#holders(id));
    const certain = foreign.filter((lobby) => !lobby.isMarked || known.has(lobby.id));
    if (certain.length === foreign.length) return idsOf(certain);
    const later = await this.#readAgain(id, performance.now(), ending.signal);
    if (later === undefined) return idsOf(certain);
    const suspects = idsOf(foreign);
    return idsOf(
      listForeignLobbies(later.lobbies, await this.#holders(id)).filter(
        (lobby) => !lobby.isMarked || suspects.has(lobby.id),
      ),
    );
  }

  async #holders(id: string): Promise<ReadonlySet<string>> {
    return new Set((await this.#parts.placements.listByInstance(id)).map(({ sessionId }) => sessionId));
  }

  /** The host's lists, asked for after this moment; `undefined` when they do not come. */
  async #readAgain(id: string, afterMs: number, signal: AbortSignal): Promise<WolfSnapshot | undefined> {
    const { hosts } = this.#parts;
    const late = (): Error => new Error('the host was not read again in time');
    return await withDeadline(LIMITS.hostReconcilePatienceMs, signal, late, async (patience) => {
      while (!patience.aborted) {
        hosts.refresh(id);
        await hosts.whenSeen(id, patience);
        const snapshot = hosts.snapshotOf(id);
        if (snapshot !== undefined && snapshot.askedAtMs >= afterMs) return snapshot;
      }
      return undefined;
    });
  }

  #log(id: string, { was, is }: CapacityDrift): void {
    const fields = { wolfInstanceId: id, was, is };
    if (was.reserved !== is.reserved || was.confirmed !== is.confirmed) {
      this.#parts.logger.warn(fields, 'capacity drift of a host was repaired');
    } else {
      this.#parts.logger.info(fields, 'the number of foreign lobbies on a host has changed');
    }
  }
}

function idsOf(lobbies: readonly { readonly id: string }[]): ReadonlySet<string> {
  return new Set(lobbies.map(({ id }) => id));
}

/** A lobby that runs for no session which holds a slot on its host. */
export interface ForeignLobby {
  readonly id: string;
  /** It bears a session's mark: that session may have ended a moment ago, or its lobby is about to be stopped. */
  readonly isMarked: boolean;
}

export function listForeignLobbies(
  lobbies: readonly WolfLobby[],
  holders: ReadonlySet<string>,
): readonly ForeignLobby[] {
  return lobbies.flatMap(({ id, runner }) => {
    const sessionId = runner.type === 'docker' ? markedSessionOf(runner.env) : undefined;
    return sessionId !== undefined && holders.has(sessionId) ? [] : [{ id, isMarked: sessionId !== undefined }];
  });
}
