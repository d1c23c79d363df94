import type { WolfInstanceEntity } from './wolf-instance.entity.js';

/**
 * Never stored, always derived, so that no monitor has to run for it to be right:
 *
 * - `offline`  its link is down, or it was not heard of for `silenceMs`
 * - `degraded` reachable, but a disk is critical: chosen only when no other host has room
 * - `online`   reachable
 */
export type WolfInstanceStatus = 'online' | 'offline' | 'degraded';

/** A host as the rest of the product sees it. */
export interface WolfInstance extends Readonly<WolfInstanceEntity> {
  readonly status: WolfInstanceStatus;
  /** Sessions that hold a slot now, confirmed or not. */
  readonly connectedSandboxCount: number;
}

/** What a host, or whoever sets it up, says of it. What is absent stays as it was. */
export interface Registration {
  /** Absent: derived from name and address, so that the same two always mean the same host. */
  readonly id?: string;
  readonly name: string;
  readonly address: string;
  readonly maxSandboxes?: number;
  readonly gpuVendor?: string;
  readonly gpuType?: string;
  readonly renderNode?: string;
  readonly swayVersion?: string;
}

export interface HeartbeatReceipt {
  readonly instance: WolfInstance;
  /** Names of the fields that were known but malformed, and therefore left as they were. */
  readonly dropped: readonly string[];
}

/**
 * SQL for the status of the row `i`; the parameter is bound by the caller. A host on a
 * local socket counts as linked while somebody says so (`markLinkConnected`, `touch`). The database's clock is the only one, since replicas' clocks differ.
 */
export function statusSql(silenceMsParameter: string): string {
  return `CASE
    WHEN NOT i.link_connected THEN 'offline'
    WHEN i.last_seen_at < now() - ${silenceMsParameter} * interval '1 millisecond' THEN 'offline'
    WHEN i.disk_alert_level = 'critical' THEN 'degraded'
    ELSE 'online' END`;
}
