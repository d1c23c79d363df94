import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { SessionId } from '../session/session-id.js';

/** The last picture of a desktop that was stopped. Written only through `LastPictures`. */
@Entity({ name: 'session_pictures' })
export class SessionPictureEntity {
  @PrimaryColumn({ type: 'text', name: 'session_id' })
  sessionId!: SessionId;

  @Column({ type: 'text', name: 'content_type' })
  contentType!: string;

  @Column({ type: 'bytea' })
  picture!: Buffer;

  @Column({ type: 'timestamptz', name: 'taken_at', default: () => 'now()' })
  takenAt!: Date;
}
