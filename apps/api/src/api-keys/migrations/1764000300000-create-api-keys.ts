import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateApiKeys1764000300000 implements MigrationInterface {
  readonly name = 'CreateApiKeys1764000300000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE api_keys (
        id           text PRIMARY KEY,
        kind         text NOT NULL CHECK (kind IN ('user','session')),
        owner_id     text NOT NULL,
        session_id   text,
        name         text NOT NULL,
        hint         text NOT NULL,
        secret_hash  bytea NOT NULL UNIQUE CHECK (length(secret_hash) = 32),
        is_admin     boolean NOT NULL DEFAULT false,
        created_at   timestamptz NOT NULL DEFAULT now(),
        expires_at   timestamptz,
        CHECK ((kind = 'session') = (session_id IS NOT NULL)),
        CHECK (NOT (kind = 'session' AND is_admin))
      )`);
    await queryRunner.query('CREATE INDEX api_keys_by_session ON api_keys (session_id) WHERE session_id IS NOT NULL');
    await queryRunner.query('CREATE INDEX api_keys_by_owner ON api_keys (owner_id, created_at DESC)');
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE api_keys');
  }
}
