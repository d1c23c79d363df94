import { Check, Column, Entity, PrimaryColumn } from 'typeorm';

import type { DiskAlertLevel, DiskUsage } from './heartbeat.js';

/** A GPU host. Written only through `WolfInstanceRegistry`; read through it too, which adds status and load. */
@Entity({ name: 'wolf_instances' })
@Check('wolf_instances_slots', 'max_sandboxes >= 0')
@Check('wolf_instances_disk_alert', `disk_alert_level IN ('', 'ok', 'warning', 'critical')`)
export class WolfInstanceEntity {
  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'wolf_instances_pkey' })
  id!: string;

  @Column({ type: 'text' })
  name!: string;

  /** Where it connects from, or the socket's path of one that is reached without a tunnel. */
  @Column({ type: 'text' })
  address!: string;

  /** True while only its link has made it known; then its address follows the link. */
  @Column({ type: 'boolean', name: 'auto_registered', default: false })
  autoRegistered!: boolean;

  /** Lower case; empty: not known. */
  @Column({ type: 'text', name: 'gpu_vendor', default: '' })
  gpuVendor!: string;

  @Column({ type: 'text', name: 'gpu_type', default: '' })
  gpuType!: string;

  /** Empty: not known. */
  @Column({ type: 'text', name: 'render_node', default: '' })
  renderNode!: string;

  /** 0 takes no sessions. */
  @Column({ type: 'integer', name: 'max_sandboxes' })
  maxSandboxes!: number;

  /** Tag of the desktop image that lies on the host; empty: not known. */
  @Column({ type: 'text', name: 'sway_version', default: '' })
  swayVersion!: string;

  @Column({ type: 'jsonb', name: 'desktop_versions', default: {} })
  desktopVersions!: Readonly<Record<string, string>>;

  @Column({ type: 'jsonb', name: 'disk_usage', default: [] })
  diskUsage!: readonly DiskUsage[];

  /** The worst of its disks; empty: never reported. */
  @Column({ type: 'text', name: 'disk_alert_level', default: '' })
  diskAlertLevel!: DiskAlertLevel | '';

  @Column({ type: 'timestamptz', name: 'last_seen_at', default: () => 'now()' })
  lastSeenAt!: Date;

  @Column({ type: 'boolean', name: 'link_connected', default: false })
  linkConnected!: boolean;

  /** Which link was reported last, so that the late end of an older one changes nothing. */
  @Column({ type: 'text', name: 'link_id', nullable: true })
  linkId!: string | null;

  @Column({ type: 'timestamptz', name: 'link_changed_at', nullable: true })
  linkChangedAt!: Date | null;

  @Column({ type: 'timestamptz', name: 'created_at', default: () => 'now()' })
  createdAt!: Date;

  @Column({ type: 'timestamptz', name: 'updated_at', default: () => 'now()' })
  updatedAt!: Date;
}
