import { LRUCache } from 'lru-cache';
import { type DataSource, Column, Entity, PrimaryColumn } from 'typeorm';
import { LIMITS } from '../../limits.js';
import type { SessionId } from '../../session/session-id.js';
import { pictureTypeOf, type PictureType } from './picture-type.js';

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

export interface LastPicture {
  readonly contentType: PictureType;
  readonly picture: Buffer;
  readonly takenAt: Date;
}

interface KnownPicture {
  readonly picture: LastPicture | null;
}

/**
 * The last picture of each stopped desktop, in the database, where every replica finds it. At most
 * `LIMITS.lastPicturesMaxCount` of them, each for `LIMITS.lastPictureMaxAgeMs`.
 */
export class LastPictures {
  readonly #dataSource: DataSource;
  /** Lists show the same ones again and again, and each is a megabyte to read. */
  readonly #read = new LRUCache<SessionId, KnownPicture>({
    maxSize: LIMITS.lastPicturesReadMaxBytes,
    ttl: LIMITS.lastPictureFreshMs,
    sizeCalculation: ({ picture }) => 1 + (picture?.picture.length ?? 0),
  });

  constructor(dataSource: DataSource) {
    this.#dataSource = dataSource;
  }

  /** Replaces the one that is kept. @throws RangeError for one that is larger than is kept; the database's errors */
  async keep(sessionId: SessionId, contentType: PictureType, picture: Buffer): Promise<void> {
    if (picture.length > LIMITS.lastPictureMaxBytes) throw new RangeError('the picture is larger than is kept');
    await this.#dataSource
      .createQueryBuilder()
      .insert()
      .into(SessionPictureEntity)
      .values({ sessionId, contentType, picture, takenAt: () => 'now()' })
      .orUpdate(['content_type', 'picture', 'taken_at'], ['session_id'])
      .execute();
    this.#read.delete(sessionId);
  }

  /** At most `LIMITS.lastPictureFreshMs` old, where another replica has kept a newer one. */
  async find(sessionId: SessionId): Promise<LastPicture | null> {
    const known = this.#read.get(sessionId);
    if (known !== undefined) return known.picture;
    const row = await this.#dataSource.getRepository(SessionPictureEntity).findOneBy({ sessionId });
    const picture = row === null ? null : lastPictureIn(row);
    this.#read.set(sessionId, { picture });
    return picture;
  }

  /** None is a success. */
  async forget(sessionId: SessionId): Promise<void> {
    await this.#dataSource.manager.delete(SessionPictureEntity, { sessionId });
    this.#read.delete(sessionId);
  }

  /** Drops those that are too old, and the oldest of too many. */
  async sweep(): Promise<void> {
    await this.#dataSource.query(
      `DELETE FROM session_pictures WHERE taken_at < now() - $1 * interval '1 millisecond'
         OR session_id IN (SELECT session_id FROM session_pictures ORDER BY taken_at DESC OFFSET $2)`,
      [LIMITS.lastPictureMaxAgeMs, LIMITS.lastPicturesMaxCount],
    );
  }
}

/** A release that kept any type that a desktop named may have written the row, or still writes it. */
function lastPictureIn({ contentType: said, picture, takenAt }: SessionPictureEntity): LastPicture | null {
  const contentType = pictureTypeOf(said, [picture]);
  return contentType === undefined ? null : { contentType, picture, takenAt };
}
