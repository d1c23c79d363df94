import type { DataSource } from 'typeorm';

import { SCHEDULER_LIMITS } from '../limits.js';
import type { PlacementHost } from './placement-host.js';

/** Every host as placement sees it, and the database's time at which it was read. */
export async function listPlacementHosts(
  dataSource: DataSource,
): Promise<{ readonly hosts: readonly PlacementHost[]; readonly now: Date }> {
  const hosts = await dataSource.query<(PlacementHost & { readonly now: Date })[]>(
    `SELECT i.id, i.conditions, i.link_connected AS "linkConnected", i.last_seen_at AS "lastSeenAt", c.rank,
       c.gpu_vendor AS "gpuVendor", c.labels, c.images, c.max_sandboxes AS "maxSandboxes", c.reserved, c.confirmed,
       c.foreign_lobbies AS "foreignLobbies", c.unseen, c.encoder_sessions AS "encoderSessions",
       c.encoder_sessions_max AS "encoderSessionsMax", c.video_memory_used_mb AS "videoMemoryUsedMb",
       c.video_memory_total_mb AS "videoMemoryTotalMb", c.video_memory_per_session_mb AS "videoMemoryPerSessionMb",
       c.placed_seq AS "placedSeq", now() AS now
     FROM wolf_instances i JOIN wolf_capacities c ON c.wolf_instance_id = i.id ORDER BY i.id LIMIT $1`,
    [SCHEDULER_LIMITS.listedInstances],
  );
  return { hosts, now: hosts[0]?.now ?? new Date() };
}
