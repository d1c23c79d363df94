import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { SessionId } from '../session-id.js';
import type { ViewerRole } from './session-access.js';

/** Permission to watch a session: for one user (a grant), or for the holder of a token (a link). */
@Entity({ name: 'session_shares' })
export class SessionShareEntity {
  /** `shr_` and a ULID. */
  @PrimaryColumn({ type: 'text' })
  id!: string;

  @Column({ type: 'text', name: 'session_id' })
  sessionId!: SessionId;

  @Column({ type: 'text', name: 'created_by' })
  createdBy!: string;

  @Column({ type: 'text' })
  role!: ViewerRole;

  /** Null for links. */
  @Column({ type: 'text', name: 'grantee_user_id', nullable: true })
  granteeUserId!: string | null;

  /** SHA-256 of the link's token, which itself is never stored; null for grants. */
  @Column({ type: 'bytea', name: 'token_hash', nullable: true })
  tokenHash!: Buffer | null;

  @Column({ type: 'text' })
  label!: string;

  @Column({ type: 'timestamptz', name: 'created_at' })
  createdAt!: Date;

  @Column({ type: 'timestamptz', name: 'expires_at' })
  expiresAt!: Date;

  @Column({ type: 'timestamptz', name: 'revoked_at', nullable: true })
  revokedAt!: Date | null;
}
