import { Check, Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn } from 'typeorm';

import { WolfInstanceEntity } from './wolf-instance.entity.js';

/** `reserved`: a slot is held while the session's lobby is made; `confirmed`: the lobby stands. Both count. */
export type PlacementState = 'reserved' | 'confirmed';

/** One slot of a host, taken by a session. Written only through `PlacementService`. */
@Entity({ name: 'placements' })
@Check('placements_state', `state IN ('reserved', 'confirmed')`)
export class PlacementEntity {
  @PrimaryColumn({ type: 'text', name: 'session_id', primaryKeyConstraintName: 'placements_pkey' })
  sessionId!: string;

  @Index('placements_by_instance')
  @Column({ type: 'text', name: 'wolf_instance_id' })
  wolfInstanceId!: string;

  @ManyToOne(() => WolfInstanceEntity, { onDelete: 'RESTRICT' })
  @JoinColumn({ name: 'wolf_instance_id', foreignKeyConstraintName: 'placements_wolf_instance' })
  wolfInstance?: WolfInstanceEntity;

  @Column({ type: 'text' })
  state!: PlacementState;

  @Column({ type: 'timestamptz', name: 'reserved_at', default: () => 'now()' })
  reservedAt!: Date;

  @Column({ type: 'timestamptz', name: 'confirmed_at', nullable: true })
  confirmedAt!: Date | null;

  /** When a reservation that is not confirmed is taken back; null once it is. */
  @Index('placements_expiring', { where: 'expires_at IS NOT NULL' })
  @Column({ type: 'timestamptz', name: 'expires_at', nullable: true })
  expiresAt!: Date | null;

  /** No measurement of its host shows yet what it takes. */
  @Column({ type: 'boolean', name: 'is_unseen', default: true })
  isUnseen!: boolean;
}
