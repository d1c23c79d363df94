import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateSessions1764000200000 implements MigrationInterface {
  readonly name = 'CreateSessions1764000200000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE sessions (
        id                text PRIMARY KEY CHECK (id ~ '^ses_[0-9a-z]{26}$'),
        owner_id          text NOT NULL,
        name              text NOT NULL,
        state             text NOT NULL
          CHECK (state IN ('queued','placing','starting','running','stopping','stopped','failed')),
        desired           text NOT NULL CHECK (desired IN ('running','stopped')),
        reason            jsonb,
        wolf_instance_id  text,
        lobby_id          text,
        lobby_pin         text NOT NULL CHECK (lobby_pin ~ '^[0-9]{4}$'),
        display           jsonb NOT NULL,
        environment       jsonb NOT NULL DEFAULT '[]',
        gpu_vendor        text,
        image             text,
        labels            jsonb NOT NULL DEFAULT '{}',
        start_attempts    int NOT NULL DEFAULT 0,
        version           int NOT NULL DEFAULT 1,
        lease_holder      text,
        lease_expires_at  timestamptz,
        unfinished_drives int NOT NULL DEFAULT 0,
        retry_at          timestamptz,
        created_at        timestamptz NOT NULL DEFAULT now(),
        updated_at        timestamptz NOT NULL DEFAULT now(),
        started_at        timestamptz,
        stopped_at        timestamptz
      )`);
    await queryRunner.query('CREATE INDEX sessions_by_owner ON sessions (owner_id, created_at DESC)');
    // Exactly the question which the reconciler asks.
    await queryRunner.query(
      `CREATE INDEX sessions_unsettled ON sessions (updated_at)
        WHERE NOT (state IN ('stopped','failed') OR (state = 'running' AND desired = 'running'))`,
    );
    await queryRunner.query(`CREATE INDEX sessions_by_wolf ON sessions (wolf_instance_id) WHERE state = 'running'`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE sessions');
  }
}
