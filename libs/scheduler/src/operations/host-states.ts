import type { DataSource } from 'typeorm';

import type { ConditionType } from '../status/condition.js';
import type { WolfInstanceStatus } from '../status/wolf-instance-status.js';

/** How a host stands, in short. */
export interface HostState {
  readonly id: string;
  readonly status: WolfInstanceStatus;
  readonly conditions: readonly ConditionType[];
  readonly isCordoned: boolean;
  readonly isDraining: boolean;
  readonly connectedSandboxCount: number;
  readonly maxSandboxes: number;
}

/** For lists that tell of hosts in passing. */
export class HostStates {
  readonly #dataSource: DataSource;

  constructor(dataSource: DataSource) {
    this.#dataSource = dataSource;
  }

  /** By id; hosts that are not known are left out. Asks nothing for no ids, else once. */
  async of(ids: readonly string[]): Promise<ReadonlyMap<string, HostState>> {
    if (ids.length === 0) return new Map();
    const states = await this.#dataSource.query<HostState[]>(
      `SELECT i.id, i.status, i.cordoned_at IS NOT NULL AS "isCordoned", i.drain_started_at IS NOT NULL AS "isDraining",
         ARRAY(SELECT condition->>'type' FROM jsonb_array_elements(i.conditions) AS condition) AS conditions,
         c.reserved + c.confirmed AS "connectedSandboxCount", c.max_sandboxes AS "maxSandboxes"
       FROM wolf_instances i JOIN wolf_capacities c ON c.wolf_instance_id = i.id WHERE i.id = ANY($1)`,
      [[...new Set(ids)]],
    );
    return new Map(states.map((state) => [state.id, state]));
  }
}
