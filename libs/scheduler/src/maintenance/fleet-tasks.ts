import type { DataSource } from 'typeorm';

import { DiskHistory } from '../disks/disk-history.js';
import { FleetEvents } from '../events/fleet-events.js';
import { WolfInstanceRegistry } from '../instances/wolf-instance-registry.js';
import { SCHEDULER_LIMITS } from '../limits.js';
import { PlacementRecords } from '../placement/placement-records.js';
import type { PlacementService } from '../placement/placement-service.js';
import type { SchedulerLogger } from '../scheduler-logger.js';
import type { ReplicaPresence } from '../replicas/replica-presence.js';
import type { StatusTimes } from '../status/derive-status.js';
import { StatusSweeper } from '../status/status-sweeper.js';
import { statusTimes } from '../status/derive-status.js';
import type { MaintenanceTask } from './fleet-maintenance.js';

export interface FleetTaskOptions extends Partial<StatusTimes> {
  readonly logger?: SchedulerLogger;
  /** How long hosts may take to come to another replica when theirs is gone, before they are lost. */
  readonly linkGraceMs?: number;
}

/** What this package has to do over and over. */
export function fleetTasks(
  dataSource: DataSource,
  placements: PlacementService,
  replica: Pick<ReplicaPresence, 'hasObservedFor'>,
  options: FleetTaskOptions & { readonly logger: SchedulerLogger },
): readonly MaintenanceTask[] {
  const { statusSweepMs, orphanSweepMs, expirySweepMs, queueServeMs, purgeMs } = SCHEDULER_LIMITS;
  const { logger, linkGraceMs = SCHEDULER_LIMITS.orphanGraceMs } = options;
  const { silenceMs, heartbeatLateMs } = statusTimes(options);
  const longestSilenceMs = Math.max(silenceMs, heartbeatLateMs);
  const sweeper = new StatusSweeper(dataSource, options);
  const registry = new WolfInstanceRegistry(dataSource, options);
  const disks = new DiskHistory(dataSource);
  const events = new FleetEvents(dataSource);
  const records = new PlacementRecords(dataSource);
  return [
    {
      name: 'sweep statuses',
      intervalMs: statusSweepMs,
      run: async () => {
        await sweeper.sweep(await replica.hasObservedFor(longestSilenceMs));
      },
    },
    {
      name: 'give up links of replicas that are gone',
      intervalMs: orphanSweepMs,
      run: async () => {
        if (!(await replica.hasObservedFor(linkGraceMs))) return;
        const count = await registry.markOrphansLost();
        if (count > 0) logger.warn({ count }, 'hosts whose replica is gone have not come to another one');
      },
    },
    {
      name: 'take back reservations',
      intervalMs: expirySweepMs,
      run: async () => {
        // Those who could not confirm or renew while the database was away do so first.
        if (!(await replica.hasObservedFor(expirySweepMs))) return;
        const sessionIds = await placements.expireReservations();
        if (sessionIds.length > 0) logger.warn({ sessionIds }, 'slots that were reserved and never confirmed are free');
      },
    },
    { name: 'serve the queue', intervalMs: queueServeMs, run: () => placements.serveQueue() },
    { name: 'purge disk samples', intervalMs: purgeMs, run: () => disks.purge() },
    { name: 'purge events', intervalMs: purgeMs, run: () => events.purge() },
    { name: 'purge decisions', intervalMs: purgeMs, run: () => records.purge() },
  ];
}
