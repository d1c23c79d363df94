import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What a session asks of its host, how long it waits for one, and what becomes of it when its host is lost. `generation` counts
 * its lives: a lobby of an earlier one is never taken for its desktop. Those of the release before are of the first.
 */
export class SessionPlacement1764004000010 implements MigrationInterface {
  readonly name = 'SessionPlacement1764004000010';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      ALTER TABLE sessions
        ADD COLUMN generation            int NOT NULL DEFAULT 1,
        ADD COLUMN placement_labels      jsonb NOT NULL DEFAULT '{}',
        ADD COLUMN on_host_lost          text NOT NULL DEFAULT 'fail'
          CONSTRAINT sessions_on_host_lost CHECK (on_host_lost IN ('fail', 'restart')),
        ADD COLUMN queue_ms              int NOT NULL DEFAULT 0 CONSTRAINT sessions_queue_ms CHECK (queue_ms >= 0),
        ADD COLUMN queue_position        int,
        ADD COLUMN queue_deadline_at     timestamptz,
        ADD COLUMN host_lost_at          timestamptz,
        ADD COLUMN host_lost_deadline_at timestamptz`);
    // Exactly the questions which the sweeps ask.
    await queryRunner.query(`CREATE INDEX sessions_waiting ON sessions (id) WHERE queue_deadline_at IS NOT NULL`);
    await queryRunner.query(
      `CREATE INDEX sessions_host_lost ON sessions (host_lost_deadline_at) WHERE host_lost_at IS NOT NULL`,
    );
    await queryRunner.query(
      `CREATE INDEX sessions_on_hosts ON sessions (wolf_instance_id) WHERE state IN ('starting','running','stopping')`,
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP INDEX sessions_on_hosts');
    await queryRunner.query(
      `ALTER TABLE sessions DROP COLUMN generation, DROP COLUMN placement_labels, DROP COLUMN on_host_lost,
         DROP COLUMN queue_ms, DROP COLUMN queue_position, DROP COLUMN queue_deadline_at, DROP COLUMN host_lost_at,
         DROP COLUMN host_lost_deadline_at`,
    );
  }
}
