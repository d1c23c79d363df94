import { Check, Column, Entity, Index, JoinColumn, OneToOne, PrimaryColumn } from 'typeorm';

import { WolfInstanceEntity } from './wolf-instance.entity.js';

/**
 * What placement reads of a host and counts in, one row for each, made and kept current by triggers on `wolf_instances`. The
 * counters are written by `change_capacity` alone.
 */
@Entity({ name: 'wolf_capacities' })
@Check('wolf_capacities_counts', 'reserved >= 0 AND confirmed >= 0 AND foreign_lobbies >= 0 AND unseen >= 0')
@Index('wolf_capacities_by_load', { synchronize: false })
@Index('wolf_capacities_by_turn', { synchronize: false })
export class HostCapacityEntity {
  @PrimaryColumn({ type: 'text', name: 'wolf_instance_id', primaryKeyConstraintName: 'wolf_capacities_pkey' })
  wolfInstanceId!: string;

  @OneToOne(() => WolfInstanceEntity, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'wolf_instance_id', foreignKeyConstraintName: 'wolf_capacities_instance' })
  wolfInstance?: WolfInstanceEntity;

  /** As `WolfInstanceEntity.placementRank`. */
  @Column({ type: 'smallint', nullable: true })
  rank!: number | null;

  @Column({ type: 'text', name: 'gpu_vendor', default: '' })
  gpuVendor!: string;

  @Column({ type: 'jsonb', default: {} })
  labels!: Readonly<Record<string, string>>;

  /** Versions of the desktop images that lie on it, by the image's name. */
  @Column({ type: 'jsonb', default: {} })
  images!: Readonly<Record<string, string>>;

  @Column({ type: 'integer', name: 'max_sandboxes' })
  maxSandboxes!: number;

  /** Slots of sessions whose lobby is being made. */
  @Column({ type: 'integer', default: 0 })
  reserved!: number;

  /** Slots of sessions whose lobby stands. */
  @Column({ type: 'integer', default: 0 })
  confirmed!: number;

  /** Lobbies that run there and belong to no session of ours; they take slots too. */
  @Column({ type: 'integer', name: 'foreign_lobbies', default: 0 })
  foreignLobbies!: number;

  /** Placements too young for the last measurement to show what they take. */
  @Column({ type: 'integer', default: 0 })
  unseen!: number;

  /** As Wolf measured it last; null: not known. */
  @Column({ type: 'integer', name: 'encoder_sessions', nullable: true })
  encoderSessions!: number | null;

  @Column({ type: 'integer', name: 'encoder_sessions_max', nullable: true })
  encoderSessionsMax!: number | null;

  @Column({ type: 'integer', name: 'video_memory_used_mb', nullable: true })
  videoMemoryUsedMb!: number | null;

  @Column({ type: 'integer', name: 'video_memory_total_mb', nullable: true })
  videoMemoryTotalMb!: number | null;

  @Column({ type: 'integer', name: 'video_memory_per_session_mb', nullable: true })
  videoMemoryPerSessionMb!: number | null;

  @Column({ type: 'timestamptz', name: 'measured_at', nullable: true })
  measuredAt!: Date | null;

  /** Rises with each placement on any host: the host with the lowest was not placed on for the longest time. */
  @Column({ type: 'bigint', name: 'placed_seq', default: 0 })
  placedSeq!: string;
}
