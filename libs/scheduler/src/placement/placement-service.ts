import type { DataSource } from 'typeorm';

import type { CapacityDrift } from '../capacity/capacity-drift.js';
import { CapacityLedger } from '../capacity/capacity-ledger.js';
import type { CapacityMeasurement } from '../capacity/capacity-measurement.js';
import {
  changeCapacity,
  DEFAULT_PLACEMENT_POLICY,
  type PlacementPolicy,
  type PlacementQuestion,
} from '../capacity/change-capacity.js';
import { FleetEvents } from '../events/fleet-events.js';
import { SCHEDULER_LIMITS } from '../limits.js';
import { SchedulerError } from '../scheduler-error.js';
import { FleetJudge } from './fleet-judge.js';
import { imageNameOf } from './image-name.js';
import { PlacementEntity } from './placement.entity.js';
import type { PlacementDecision } from './placement-decision.js';
import { PlacementRecords } from './placement-records.js';
import type { Placement, PlacementRequest, Queued, Refusal } from './placement.js';

export type PlacementOptions = Partial<PlacementPolicy>;

/** What `change_capacity` says of a placement. */
type PlaceResult =
  | { readonly placed: Readonly<Record<string, string | null>> }
  | { readonly queued: { readonly deadlineAt: string; readonly position: number } }
  | { readonly refused: 'no-host' | 'queue-full' | 'queue-timeout' };

/**
 * Gives sessions their hosts. Where capacity is counted and given away is `change_capacity` in the database, so any number of
 * replicas may place at once. Every method rejects with the database's errors when that is away, and with `PLACEMENT_BUSY`
 * when its turn does not come in time; then nothing is changed.
 */
export class PlacementService {
  readonly #dataSource: DataSource;
  readonly #policy: PlacementPolicy;
  readonly #ledger: CapacityLedger;
  readonly #fleet: FleetJudge;
  readonly #records: PlacementRecords;

  constructor(dataSource: DataSource, options: PlacementOptions = {}) {
    this.#dataSource = dataSource;
    this.#policy = { ...DEFAULT_PLACEMENT_POLICY, ...options };
    this.#ledger = new CapacityLedger((operations) => changeCapacity(dataSource, operations, this.#policy));
    this.#fleet = new FleetJudge(dataSource, this.#policy);
    this.#records = new PlacementRecords(dataSource);
  }

  /**
   * Chooses a host and reserves a slot on it: in rotation, of the GPU and labels asked for, with the image, and with a slot, an
   * encoder and video memory free; healthy before last choice, then by the strategy. Those who wait in the queue come first.
   *
   * A session that holds a slot already gets that one, whatever has become of its host. A reservation is taken back when it
   * is neither confirmed nor asked for again within `SCHEDULER_LIMITS.reservationMs`.
   */
  async place(request: PlacementRequest): Promise<Placement | Refusal | Queued> {
    const { sessionId, queueMs = 0, failedOn = [] } = request;
    const question = questionOf(request);
    for (let attempt = 0; attempt < SCHEDULER_LIMITS.placeAttempts; attempt += 1) {
      const result = (await this.#ledger.do({ do: 'place', id: sessionId, request: question, queueMs })) as PlaceResult;
      if ('placed' in result) {
        if (failedOn.length > 0) await this.#records.addFailed(sessionId, failedOn);
        return placementOf(result.placed);
      }
      const judgement = await this.#fleet.judge(question);
      if ('queued' in result) {
        const decision = await this.#record(sessionId, judgement.explain('queued'));
        const { position, deadlineAt } = result.queued;
        return { queued: true, position, deadlineAt: new Date(deadlineAt), message: decision.message, decision };
      }
      // What is said of the hosts must be true of them: one that fits by now is taken.
      if (judgement.chosen !== undefined && result.refused === 'no-host') continue;
      const refusal = result.refused === 'no-host' ? undefined : result.refused;
      const decision = await this.#record(sessionId, judgement.explain('refused', refusal));
      return { refused: true, reason: decision.reason ?? 'all-full', message: decision.message, decision };
    }
    throw new SchedulerError('PLACEMENT_BUSY', 'slots come and go too fast at this moment');
  }

  /** What `place` would do now, and what speaks against each host. Reserves nothing. */
  async explain(request: Omit<PlacementRequest, 'sessionId'>): Promise<PlacementDecision> {
    const judgement = await this.#fleet.judge(questionOf(request));
    return judgement.explain(judgement.chosen === undefined ? 'refused' : 'placed');
  }

  /** Why the session is where it is, or nowhere; undefined when nothing was decided lately. */
  decisionOf(sessionId: string): Promise<PlacementDecision | undefined> {
    return this.#records.find(sessionId);
  }

  /** Nothing is to be told any more of where a session was to go that is none. */
  forget(sessionId: string): Promise<void> {
    return this.#records.drop(sessionId);
  }

  /** The session's lobby stands. False when it holds no slot. Idempotent. */
  async confirm(sessionId: string): Promise<boolean> {
    return (await this.#ledger.do({ do: 'confirm', id: sessionId })) === true;
  }

  /** The slot is free again, or the session waits for none any more. False when it held none: releasing twice releases once. */
  async release(sessionId: string): Promise<boolean> {
    const released = (await this.#ledger.do({ do: 'release', id: sessionId })) as readonly string[];
    return released.length > 0;
  }

  async find(sessionId: string): Promise<Placement | undefined> {
    return (await this.#dataSource.manager.findOneBy(PlacementEntity, { sessionId })) ?? undefined;
  }

  /** Oldest first; what is compared with the lobbies that the host really runs. */
  async listByInstance(wolfInstanceId: string): Promise<readonly Placement[]> {
    return this.#dataSource.manager.find(PlacementEntity, {
      where: { wolfInstanceId },
      order: { reservedAt: 'ASC', sessionId: 'ASC' },
      take: SCHEDULER_LIMITS.listedPlacements,
    });
  }

  /**
   * Takes back the reservations whose time is over: whoever made them did not come to confirm them. Resolves with their sessions, at
   * most `SCHEDULER_LIMITS.expiredAtOnce`.
   */
  async expireReservations(): Promise<readonly string[]> {
    return (await this.#ledger.do({ do: 'expire', limit: SCHEDULER_LIMITS.expiredAtOnce })) as readonly string[];
  }

  /**
   * Gives slots to sessions that wait, where hosts have come or their limits have changed: a slot that is released is given on by
   * itself. Costs one question while nobody waits.
   */
  async serveQueue(): Promise<void> {
    const waiting = await this.#dataSource.query<unknown[]>('SELECT FROM placement_queue LIMIT 1');
    if (waiting.length > 0) await this.#ledger.do({ do: 'serve' });
  }

  async #record(sessionId: string, decision: PlacementDecision): Promise<PlacementDecision> {
    await this.#records.write(sessionId, decision);
    return decision;
  }

  /** What the host's GPU carries at this moment; what is not known any more is forgotten. */
  async noteMeasurement(wolfInstanceId: string, measurement: CapacityMeasurement): Promise<void> {
    const { sampledAt, encoderSessions, videoMemoryUsedMb, videoMemoryTotalMb } = measurement;
    await this.#ledger.do({
      do: 'measure',
      id: wolfInstanceId,
      sampledAt: sampledAt.toISOString(),
      encoderSessions: encoderSessions ?? null,
      videoMemoryUsedMb: videoMemoryUsedMb ?? null,
      videoMemoryTotalMb: videoMemoryTotalMb ?? null,
    });
  }

  /**
   * Takes over how many lobbies of nobody the host runs, and counts its sessions anew. Undefined when all was right. Sessions
   * that were counted wrong are an event besides; lobbies of nobody come and go.
   */
  async reconcile(
    wolfInstanceId: string,
    { foreignLobbyCount }: { readonly foreignLobbyCount: number },
  ): Promise<CapacityDrift | undefined> {
    const drift = (await this.#ledger.do({
      do: 'reconcile',
      id: wolfInstanceId,
      foreignLobbyCount,
    })) as CapacityDrift | null;
    if (drift === null) return undefined;
    const { was, is } = drift;
    const isWrong = was.reserved !== is.reserved || was.confirmed !== is.confirmed;
    if (isWrong) {
      await FleetEvents.append(this.#dataSource.manager, [
        {
          wolfInstanceId,
          kind: 'capacity-drift',
          message:
            `${String(was.reserved)} reserved and ${String(was.confirmed)} confirmed slots were counted, ` +
            `${String(is.reserved)} and ${String(is.confirmed)} there are`,
          details: { was, is },
        },
      ]);
    }
    return isWrong || was.foreign !== is.foreign ? drift : undefined;
  }
}

function questionOf({
  gpuVendor,
  labels,
  image,
  preferredInstanceId,
}: Omit<PlacementRequest, 'sessionId'>): PlacementQuestion {
  return {
    ...(gpuVendor !== undefined && gpuVendor !== '' && { gpuVendor: gpuVendor.toLowerCase() }),
    ...(labels !== undefined && Object.keys(labels).length > 0 && { labels }),
    ...(image !== undefined && imageNameOf(image)),
    ...(preferredInstanceId !== undefined && { preferredInstanceId }),
  };
}

/** A row of `placements` as the database writes it in JSON. */
function placementOf(row: Readonly<Record<string, string | null>>): Placement {
  const dateOf = (name: string): Date | null => {
    const text = row[name];
    return text === null || text === undefined ? null : new Date(text);
  };
  return {
    sessionId: row['session_id'] ?? '',
    wolfInstanceId: row['wolf_instance_id'] ?? '',
    state: row['state'] === 'confirmed' ? 'confirmed' : 'reserved',
    reservedAt: dateOf('reserved_at') ?? new Date(0),
    confirmedAt: dateOf('confirmed_at'),
    expiresAt: dateOf('expires_at'),
  };
}
