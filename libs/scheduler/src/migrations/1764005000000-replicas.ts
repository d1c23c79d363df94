import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Processes that share the database, each with a lease: whose links the registry tells of, and whether that one lives. */
export class Replicas1764005000000 implements MigrationInterface {
  readonly name = 'Replicas1764005000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE replicas (
        id text PRIMARY KEY,
        started_at timestamptz NOT NULL DEFAULT now(),
        lease_until timestamptz NOT NULL
      )`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE replicas');
  }
}
