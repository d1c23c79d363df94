import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A key of a person or the token of a desktop. The secret itself is never stored. */
@Entity({ name: 'api_keys' })
export class ApiKeyEntity {
  @PrimaryColumn({ type: 'text' })
  id!: string;

  @Column({ type: 'text' })
  kind!: 'user' | 'session';

  @Column({ type: 'text', name: 'owner_id' })
  ownerId!: string;

  /** Set for tokens of desktops. */
  @Column({ type: 'text', name: 'session_id', nullable: true })
  sessionId!: string | null;

  @Column({ type: 'text' })
  name!: string;

  /** First characters of the secret, by which its holder recognises it. */
  @Column({ type: 'text' })
  hint!: string;

  @Column({ type: 'bytea', name: 'secret_hash' })
  secretHash!: Buffer;

  @Column({ type: 'boolean', name: 'is_admin' })
  isAdmin!: boolean;

  @Column({ type: 'timestamptz', name: 'created_at' })
  createdAt!: Date;

  @Column({ type: 'timestamptz', name: 'expires_at', nullable: true })
  expiresAt!: Date | null;

  /** The app of Helix that the key is for; such a key opens nothing here. */
  @Column({ type: 'text', name: 'app_id', nullable: true })
  appId!: string | null;

  /** To the minute. */
  @Column({ type: 'timestamptz', name: 'last_used_at', nullable: true })
  lastUsedAt!: Date | null;
}

const PREFIX = 'bootstrap_';

/** Ids of the key that the operator configured are told from all others by their beginning. */
export function isBootstrapKey(id: string): boolean {
  return id.startsWith(PREFIX);
}
