import type { DataSource } from 'typeorm';

import { DiskHistory } from '../disks/disk-history.js';
import { FleetEvents } from '../events/fleet-events.js';
import { SCHEDULER_LIMITS } from '../limits.js';
import { PlacementRecords } from '../placement/placement-records.js';
import type { PlacementService } from '../placement/placement-service.js';
import type { SchedulerLogger } from '../scheduler-logger.js';
import type { StatusTimes } from '../status/derive-status.js';
import { StatusSweeper } from '../status/status-sweeper.js';
import type { MaintenanceTask } from './maintenance-task.js';

/** What this package has to do over and over. */
export function fleetTasks(
  dataSource: DataSource,
  placements: PlacementService,
  logger: SchedulerLogger,
  times: Partial<StatusTimes> = {},
): readonly MaintenanceTask[] {
  const { statusSweepMs, expirySweepMs, queueServeMs, purgeMs } = SCHEDULER_LIMITS;
  const sweeper = new StatusSweeper(dataSource, times);
  const disks = new DiskHistory(dataSource);
  const events = new FleetEvents(dataSource);
  const records = new PlacementRecords(dataSource);
  return [
    { name: 'sweep statuses', intervalMs: statusSweepMs, run: () => sweeper.sweep() },
    {
      name: 'take back reservations',
      intervalMs: expirySweepMs,
      run: async () => {
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
