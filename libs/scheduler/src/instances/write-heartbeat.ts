import type { EntityManager } from 'typeorm';

import { describeFullDisks } from '../tables/disk-usage.js';
import { SCHEDULER_LIMITS } from '../limits.js';
import type { Heartbeat } from '../reports/heartbeat.js';

export interface WrittenHeartbeat {
  /** Whether the host's status may not be what its facts add up to any more. */
  readonly isUnsettled: boolean;
}

/**
 * One statement, since thousands of hosts send one every half minute: the facts, the samples of the disks and, when a disk has
 * become fuller than a threshold, the event that tells of it. The row is locked before its level is read, so of two that
 * tell of the same rise only the first sees it as one. Undefined when the host is not known.
 */
export async function writeHeartbeat(
  manager: EntityManager,
  id: string,
  heartbeat: Heartbeat,
): Promise<WrittenHeartbeat | undefined> {
  const { diskUsage = [], diskAlertLevel = 'ok' } = heartbeat;
  const rows = await manager.query<WrittenHeartbeat[]>(WRITE, [
    id,
    JSON.stringify(heartbeat),
    JSON.stringify(diskUsage),
    diskAlertLevel === 'ok' ? '' : describeFullDisks(diskUsage, diskAlertLevel),
    SCHEDULER_LIMITS.diskSampleMs / 1_000,
    SCHEDULER_LIMITS.diskSamplesPerSpan,
  ]);
  return rows[0];
}

/** A time alone is no new fact, and what is as it was is not written again: large values keep their place outside of the row. */
const WRITE = `
  WITH before AS MATERIALIZED (
    SELECT id, disk_alert_level AS level FROM wolf_instances WHERE id = $1 FOR NO KEY UPDATE
  ), beat AS (
    UPDATE wolf_instances i SET
      sway_version = coalesce(h."swayVersion", i.sway_version),
      desktop_versions = coalesce(h."desktopVersions", i.desktop_versions),
      helix_version = coalesce(h."helixVersion", i.helix_version),
      gpu_vendor = coalesce(h."gpuVendor", i.gpu_vendor),
      gpu_type = coalesce(h."gpuType", i.gpu_type),
      gpus = coalesce(nullif(h.gpus, i.gpus), i.gpus),
      render_node = coalesce(h."renderNode", i.render_node),
      host_max_sandboxes = coalesce(h."hostMaxSandboxes", i.host_max_sandboxes),
      max_sandboxes = coalesce(i.operator_max_sandboxes, h."hostMaxSandboxes", i.max_sandboxes),
      disk_usage = coalesce(h."diskUsage", i.disk_usage),
      disk_alert_level = coalesce(h."diskAlertLevel", i.disk_alert_level),
      containers = coalesce(nullif(h.containers, i.containers), i.containers),
      last_seen_at = now(),
      last_heartbeat_at = now(),
      facts_version = i.facts_version + (coalesce(h."diskAlertLevel", i.disk_alert_level) <> i.disk_alert_level)::int,
      updated_at = now()
    FROM before, jsonb_to_record($2::jsonb) AS h ("swayVersion" text, "desktopVersions" jsonb, "helixVersion" text,
      "gpuVendor" text, "gpuType" text, gpus jsonb, "renderNode" text, "hostMaxSandboxes" integer, "diskUsage" jsonb,
      "diskAlertLevel" text, containers jsonb)
    WHERE i.id = before.id
    RETURNING i.id, before.level AS was, i.disk_alert_level AS level,
      i.facts_version <> i.settled_version
        OR i.conditions @> '[{"type":"Silent"}]' OR i.conditions @> '[{"type":"HeartbeatLate"}]' AS "isUnsettled"
  ), sample AS (
    INSERT INTO wolf_disk_samples AS s
      (wolf_instance_id, at, mount_point, total_bytes, used_bytes, avail_bytes, used_percent, alert_level)
    SELECT beat.id, span.at, d.mount_point, round(d.total_bytes), round(d.used_bytes), round(d.avail_bytes),
      d.used_percent, d.alert_level
    FROM beat, jsonb_to_recordset($3::jsonb) AS d (mount_point text, total_bytes numeric, used_bytes numeric,
        avail_bytes numeric, used_percent real, alert_level text),
      (SELECT to_timestamp(floor(extract(epoch FROM now()) / $5::float8) * $5::float8) AS at) AS span
    WHERE (SELECT count(*) FROM wolf_disk_samples o WHERE o.wolf_instance_id = $1 AND o.at = span.at) < $6
    ON CONFLICT (wolf_instance_id, at, mount_point) DO UPDATE SET total_bytes = excluded.total_bytes,
      used_bytes = excluded.used_bytes, avail_bytes = excluded.avail_bytes, used_percent = excluded.used_percent,
      alert_level = excluded.alert_level
  ), alert AS (
    INSERT INTO wolf_instance_events (wolf_instance_id, kind, message, details)
    SELECT id, 'disk-alert', $4, jsonb_build_object('from', coalesce(nullif(was, ''), 'ok'), 'to', level)
    FROM beat
    WHERE array_position(ARRAY['ok', 'warning', 'critical'], level)
      > array_position(ARRAY['ok', 'warning', 'critical'], coalesce(nullif(was, ''), 'ok'))
  )
  SELECT "isUnsettled" FROM beat`;
