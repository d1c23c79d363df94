import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Keys of Helix's apps, which open nothing here and never are an admin's; and when a key was last used. */
export class ScopeAndUseOfApiKeys1764002000002 implements MigrationInterface {
  readonly name = 'ScopeAndUseOfApiKeys1764002000002';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      ALTER TABLE api_keys
        ADD COLUMN app_id text,
        ADD COLUMN last_used_at timestamptz,
        ADD CONSTRAINT api_keys_of_apps CHECK (app_id IS NULL OR (kind = 'user' AND NOT is_admin))`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE api_keys DROP COLUMN app_id, DROP COLUMN last_used_at');
  }
}
