import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { DisplaySettings } from './display-settings.js';
import type { SessionId } from './session-id.js';
import type { DesiredState, HostLostWish, SessionReason, SessionState } from './session-state.js';

/** One desktop session. Changed only through `SessionWriter`, by the transitions of one table. */
@Entity({ name: 'sessions' })
export class SessionEntity {
  @PrimaryColumn({ type: 'text' })
  id!: SessionId;

  @Column({ type: 'text', name: 'owner_id' })
  ownerId!: string;

  @Column({ type: 'text' })
  name!: string;

  @Column({ type: 'text' })
  state!: SessionState;

  @Column({ type: 'text' })
  desired!: DesiredState;

  @Column({ type: 'jsonb', nullable: true })
  reason!: SessionReason | null;

  @Column({ type: 'text', name: 'wolf_instance_id', nullable: true })
  wolfInstanceId!: string | null;

  @Column({ type: 'text', name: 'lobby_id', nullable: true })
  lobbyId!: string | null;

  /** Four digits; known to the owner and to Wolf only. Written before the lobby is asked for. */
  @Column({ type: 'text', name: 'lobby_pin' })
  lobbyPin!: string;

  @Column({ type: 'jsonb' })
  display!: DisplaySettings;

  /** `NAME=value` entries which the caller added to the desktop. */
  @Column({ type: 'jsonb' })
  environment!: readonly string[];

  /** `nvidia`; any of several: `nvidia,amd`. */
  @Column({ type: 'text', name: 'gpu_vendor', nullable: true })
  gpuVendor!: string | null;

  /** Image chosen by the caller from the allow-list; null for the host's own. */
  @Column({ type: 'text', nullable: true })
  image!: string | null;

  /** Names of Helix's own objects that the session belongs to, passed through unread. */
  @Column({ type: 'jsonb' })
  labels!: Readonly<Record<string, string>>;

  /**
   * Counts its lives: rises whenever a lobby that may stand already must never be taken for its desktop. The column keeps the name
   * that it had first: the previous release, which may run beside this one, reads and writes it by that.
   */
  @Column({ type: 'int', name: 'generation' })
  life!: number;

  /** Labels which its host must have. */
  @Column({ type: 'jsonb', name: 'placement_labels' })
  placementLabels!: Readonly<Record<string, string>>;

  @Column({ type: 'text', name: 'on_host_lost' })
  onHostLost!: HostLostWish;

  /** How long it waits for a slot when there is none, in milliseconds; 0: not at all. */
  @Column({ type: 'int', name: 'queue_ms' })
  queueMs!: number;

  /** From 1, among all who wait, as it was seen last; null while it does not wait. */
  @Column({ type: 'int', name: 'queue_position', nullable: true })
  queuePosition!: number | null;

  /** Until when it waits for a slot; null while it does not wait. */
  @Column({ type: 'timestamptz', name: 'queue_deadline_at', nullable: true })
  queueDeadlineAt!: Date | null;

  /** Since when its host counts as lost; null while it does not. */
  @Column({ type: 'timestamptz', name: 'host_lost_at', nullable: true })
  hostLostAt!: Date | null;

  /** Until when its host may come back with the desktop. */
  @Column({ type: 'timestamptz', name: 'host_lost_deadline_at', nullable: true })
  hostLostDeadlineAt!: Date | null;

  @Column({ type: 'int', name: 'start_attempts' })
  startAttempts!: number;

  /** Rises with every change; an update that names an older one changes nothing. */
  @Column({ type: 'int' })
  version!: number;

  @Column({ type: 'text', name: 'lease_holder', nullable: true })
  leaseHolder!: string | null;

  @Column({ type: 'timestamptz', name: 'lease_expires_at', nullable: true })
  leaseExpiresAt!: Date | null;

  /** Drives in a row that could not bring the session to where its owner wants it. */
  @Column({ type: 'int', name: 'unfinished_drives' })
  unfinishedDrives!: number;

  /** The reconciler leaves the session alone until then; commands do not. */
  @Column({ type: 'timestamptz', name: 'retry_at', nullable: true })
  retryAt!: Date | null;

  /** When a person or an agent last worked with the desktop; watching and polling are not work. */
  @Column({ type: 'timestamptz', name: 'last_activity_at' })
  lastActivityAt!: Date;

  /** Idle time after which the desktop is stopped, in milliseconds; null: the operator's, 0: never. */
  @Column({ type: 'int', name: 'idle_limit_ms', nullable: true })
  idleLimitMs!: number | null;

  @Column({ type: 'timestamptz', name: 'created_at' })
  createdAt!: Date;

  @Column({ type: 'timestamptz', name: 'updated_at' })
  updatedAt!: Date;

  @Column({ type: 'timestamptz', name: 'started_at', nullable: true })
  startedAt!: Date | null;

  @Column({ type: 'timestamptz', name: 'stopped_at', nullable: true })
  stoppedAt!: Date | null;

  /** A deleted session is hidden from all callers; the row stays until its desktop is gone, and after that for the record. */
  @Column({ type: 'timestamptz', name: 'deleted_at', nullable: true })
  deletedAt!: Date | null;
}
