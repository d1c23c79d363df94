import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Pictures were kept under the type that their desktop gave them. It is read anew whenever one is shown, since the release before
 * goes on writing them while it runs; this is for those that are there.
 */
export class PictureTypes1764005000020 implements MigrationInterface {
  readonly name = 'PictureTypes1764005000020';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      UPDATE session_pictures SET content_type = lower(btrim(split_part(content_type, ';', 1)))
        WHERE content_type NOT IN ('image/png', 'image/jpeg', 'image/webp')`);
    await queryRunner.query(
      `DELETE FROM session_pictures WHERE content_type NOT IN ('image/png', 'image/jpeg', 'image/webp')`,
    );
  }

  /** What they were called before is not worth having. */
  async down(): Promise<void> {
    await Promise.resolve();
  }
}
