import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What a session's whole life needs: when somebody last worked with it, its own idle limit, its end, its last picture. */
export class SessionLife1764001100000 implements MigrationInterface {
  readonly name = 'SessionLife1764001100000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      ALTER TABLE sessions
        ADD COLUMN last_activity_at timestamptz NOT NULL DEFAULT now(),
        ADD COLUMN idle_limit_ms    int CHECK (idle_limit_ms >= 0),
        ADD COLUMN deleted_at       timestamptz`);
    // Exactly the question which the idle sweep asks.
    await queryRunner.query(
      `CREATE INDEX sessions_running_idle ON sessions (last_activity_at) WHERE state = 'running' AND desired = 'running'`,
    );
    await queryRunner.query(`
      CREATE TABLE session_pictures (
        session_id   text PRIMARY KEY REFERENCES sessions (id) ON DELETE CASCADE,
        content_type text NOT NULL,
        picture      bytea NOT NULL,
        taken_at     timestamptz NOT NULL DEFAULT now()
      )`);
    await queryRunner.query('CREATE INDEX session_pictures_by_age ON session_pictures (taken_at)');
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE session_pictures');
    await queryRunner.query(
      'ALTER TABLE sessions DROP COLUMN last_activity_at, DROP COLUMN idle_limit_ms, DROP COLUMN deleted_at',
    );
  }
}
