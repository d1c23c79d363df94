import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What a link is worth at this moment, so that placement knows it before it is called lost. */
export class LinkPresence1764005000001 implements MigrationInterface {
  readonly name = 'LinkPresence1764005000001';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      ALTER TABLE wolf_instances
        ADD COLUMN link_away_at timestamptz,
        ADD COLUMN link_answering boolean NOT NULL DEFAULT true`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE wolf_instances DROP COLUMN link_away_at, DROP COLUMN link_answering');
  }
}
