import type { DataSource } from 'typeorm';

import { CapacityLedger } from '../capacity/capacity-ledger.js';
import * as operations from '../capacity/capacity-operations.js';
import {
  changeCapacity,
  DEFAULT_PLACEMENT_POLICY,
  judgeFleet,
  type PlacementPolicy,
} from '../capacity/change-capacity.js';
import { FleetEvents } from '../events/fleet-events.js';
import { SCHEDULER_LIMITS } from '../limits.js';
import { explainPlacement } from './explain-placement.js';
import { PlacementEntity } from '../tables/placement.entity.js';
import { PlacementRecords } from './placement-records.js';
import type { Placement, PlacementDecision, PlacementRequest, Queued, Refusal } from './placement.js';

export type PlacementOptions = Partial<PlacementPolicy>;

/**
 * Gives sessions their hosts. Where capacity is counted and given away is `change_capacity` in the database, so any number of
 * replicas may place at once. Every method rejects with the database's errors when that is away, and with `PLACEMENT_BUSY`
 * when its turn does not come in time; then nothing is changed.
 */
export class PlacementService {
  readonly #dataSource: DataSource;
  readonly #policy: PlacementPolicy;
  readonly #ledger: CapacityLedger;
  readonly #records: PlacementRecords;

  constructor(dataSource: DataSource, options: PlacementOptions = {}) {
    this.#dataSource = dataSource;
    this.#policy = { ...DEFAULT_PLACEMENT_POLICY, ...options };
    this.#ledger = new CapacityLedger((batch) => changeCapacity(dataSource, batch, this.#policy));
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
    const result = await this.#ledger.run(operations.place(sessionId, questionOf(request), queueMs));
    if ('placed' in result) {
      if (failedOn.length > 0) await this.#records.addFailed(sessionId, failedOn);
      return placementOf(result.placed);
    }
    const { strategy } = this.#policy;
    const judgement = { chosen: undefined, fleet: result.fleet };
    if ('queued' in result) {
      const decision = explainPlacement(judgement, strategy, 'queued');
      await this.#records.write(sessionId, decision);
      const { position, deadlineAt } = result.queued;
      return { queued: true, position, deadlineAt: new Date(deadlineAt), message: decision.message, decision };
    }
    const refusal = result.refused === 'no-host' ? undefined : result.refused;
    const decision = explainPlacement(judgement, strategy, 'refused', refusal);
    await this.#records.write(sessionId, decision);
    return { refused: true, reason: decision.reason ?? 'all-full', message: decision.message, decision };
  }

  /** What `place` would do now, and what speaks against each host. Reserves nothing. */
  async explain(request: Omit<PlacementRequest, 'sessionId'>): Promise<PlacementDecision> {
    const judgement = await judgeFleet(this.#dataSource, questionOf(request), this.#policy);
    return explainPlacement(judgement, this.#policy.strategy);
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
  confirm(sessionId: string): Promise<boolean> {
    return this.#ledger.run(operations.confirm(sessionId));
  }

  /** The slot is free again, or the session waits for none any more. False when it held none: releasing twice releases once. */
  release(sessionId: string): Promise<boolean> {
    return this.#ledger.run(operations.release(sessionId));
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
   * Takes back reservations that were neither confirmed nor renewed in time. Resolves with their sessions, at most
   * `SCHEDULER_LIMITS.expiredAtOnce`.
   */
  expireReservations(): Promise<readonly string[]> {
    return this.#ledger.run(operations.expire(SCHEDULER_LIMITS.expiredAtOnce));
  }

  /**
   * Gives slots to queued sessions where hosts have come or their limits have changed: a slot that is released is given on by
   * itself. Costs one query while none is queued.
   */
  async serveQueue(): Promise<void> {
    const queued = await this.#dataSource.query<unknown[]>('SELECT FROM placement_queue LIMIT 1');
    if (queued.length > 0) await this.#ledger.run(operations.SERVE_QUEUE);
  }

  /** What the host's GPU carries at this moment; what is not known any more is forgotten. */
  async noteMeasurement(wolfInstanceId: string, measurement: operations.CapacityMeasurement): Promise<void> {
    await this.#ledger.run(operations.measure(wolfInstanceId, measurement));
  }

  /**
   * Takes over how many foreign lobbies the host runs, and recounts its sessions. Undefined when all was right. A wrong count of
   * sessions is an event besides; foreign lobbies come and go.
   */
  async reconcile(
    wolfInstanceId: string,
    { foreignLobbyCount }: { readonly foreignLobbyCount: number },
  ): Promise<operations.CapacityDrift | undefined> {
    const drift = await this.#ledger.run(operations.reconcile(wolfInstanceId, foreignLobbyCount));
    if (drift === undefined) return undefined;
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
}: Omit<PlacementRequest, 'sessionId'>): operations.PlacementQuestion {
  const vendors = [gpuVendor ?? []]
    .flat()
    .map((vendor) => vendor.toLowerCase())
    .filter((vendor) => vendor !== '');
  return {
    ...(vendors.length > 0 && { gpuVendor: vendors.length === 1 ? vendors.join() : vendors }),
    ...(labels !== undefined && Object.keys(labels).length > 0 && { labels }),
    ...(image !== undefined && imageNameOf(image)),
    ...(preferredInstanceId !== undefined && { preferredInstanceId }),
  };
}

/** The last part of an image's reference in two: `registry/team/helix-sway:v2` is `helix-sway` and `v2`. Undefined without a tag. */
function imageNameOf(reference: string): { readonly imageName: string; readonly imageVersion: string } | undefined {
  const last = reference.slice(reference.lastIndexOf('/') + 1);
  // A digest names what no host reports.
  const [, imageName, imageVersion] = /^([^:@]+):([^:@]+)$/.exec(last) ?? [];
  return imageName === undefined || imageVersion === undefined ? undefined : { imageName, imageVersion };
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
