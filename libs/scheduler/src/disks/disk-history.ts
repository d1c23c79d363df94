import type { DataSource } from 'typeorm';

import { SCHEDULER_LIMITS } from '../limits.js';
import type { DiskAlertLevel } from '../tables/disk-usage.js';

/** A mount of a host as it was at its fullest in a span of time. */
export interface DiskSample {
  readonly at: Date;
  readonly mountPoint: string;
  readonly totalBytes: number;
  readonly usedBytes: number;
  readonly availBytes: number;
  readonly usedPercent: number;
  readonly alertLevel: DiskAlertLevel;
}

/** How full the disks of hosts were. Heartbeats write it: `writeHeartbeat`. */
export class DiskHistory {
  readonly #dataSource: DataSource;

  constructor(dataSource: DataSource) {
    this.#dataSource = dataSource;
  }

  /**
   * The last hours of one host, oldest first. Long ones are thinned: each mount has at most `diskHistoryPoints`, and each
   * point is the fullest of its span, so that no peak is lost.
   */
  async read(wolfInstanceId: string, hours: number): Promise<readonly DiskSample[]> {
    const { diskSampleMs, diskHistoryPoints, disks } = SCHEDULER_LIMITS;
    const samples = (hours * 3_600_000) / diskSampleMs;
    // One less: the first span and the last are only partly within those hours.
    const stepS = (Math.max(Math.ceil(samples / (diskHistoryPoints - 1)), 1) * diskSampleMs) / 1_000;
    return await this.#dataSource.query<DiskSample[]>(
      `SELECT at, mount_point AS "mountPoint", total_bytes::float8 AS "totalBytes", used_bytes::float8 AS "usedBytes",
         avail_bytes::float8 AS "availBytes", round(used_percent::numeric, 2)::float8 AS "usedPercent", alert_level AS "alertLevel"
       FROM (SELECT DISTINCT ON (mount_point, floor(extract(epoch FROM at) / $3::float8)) *
             FROM wolf_disk_samples WHERE wolf_instance_id = $1 AND at > now() - $2::float8 * interval '1 hour'
             ORDER BY mount_point, floor(extract(epoch FROM at) / $3::float8), used_bytes DESC, at DESC) fullest
       ORDER BY at, mount_point LIMIT $4`,
      [wolfInstanceId, hours, stepS, diskHistoryPoints * disks],
    );
  }

  /** Drops what is too old, a part at a time. */
  async purge(): Promise<void> {
    const { diskSamplesKeptMs, purgedAtOnce } = SCHEDULER_LIMITS;
    for (;;) {
      const [, droppedCount] = await this.#dataSource.query<[unknown, number]>(
        `DELETE FROM wolf_disk_samples WHERE ctid = ANY (ARRAY(
           SELECT ctid FROM wolf_disk_samples WHERE at < now() - $1::float8 * interval '1 millisecond' ORDER BY at LIMIT $2))`,
        [diskSamplesKeptMs, purgedAtOnce],
      );
      if (droppedCount < purgedAtOnce) return;
    }
  }
}
