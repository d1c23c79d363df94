import type { MigrationInterface, QueryRunner } from 'typeorm';

/** That another machine claims the id of a host, which one cannot see from the host itself. */
export class OtherMachines1764005000002 implements MigrationInterface {
  readonly name = 'OtherMachines1764005000002';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      ALTER TABLE wolf_instances
        ADD COLUMN other_machine_seen_at timestamptz,
        ADD COLUMN other_machine_address text NOT NULL DEFAULT ''`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(
      'ALTER TABLE wolf_instances DROP COLUMN other_machine_seen_at, DROP COLUMN other_machine_address',
    );
  }
}
