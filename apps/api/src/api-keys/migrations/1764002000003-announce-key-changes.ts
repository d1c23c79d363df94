import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Each change or end of a key is announced on `helix_api_keys` with the hex of its hash when it is committed. A use of it
 * is no change. An empty payload means any. New keys need no announcement: no replica has them in its cache.
 */
export class AnnounceKeyChanges1764002000003 implements MigrationInterface {
  readonly name = 'AnnounceKeyChanges1764002000003';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE FUNCTION announce_api_key_change() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF TG_OP = 'TRUNCATE' THEN PERFORM pg_notify('helix_api_keys', '');
        ELSE PERFORM pg_notify('helix_api_keys', encode(OLD.secret_hash, 'hex'));
        END IF;
        RETURN NULL;
      END $$`);
    await queryRunner.query(`
      CREATE TRIGGER api_key_changed AFTER UPDATE ON api_keys FOR EACH ROW
        WHEN (to_jsonb(OLD) - 'last_used_at' IS DISTINCT FROM to_jsonb(NEW) - 'last_used_at')
        EXECUTE FUNCTION announce_api_key_change()`);
    await queryRunner.query(`
      CREATE TRIGGER api_key_went AFTER DELETE ON api_keys FOR EACH ROW EXECUTE FUNCTION announce_api_key_change()`);
    await queryRunner.query(`
      CREATE TRIGGER api_keys_emptied AFTER TRUNCATE ON api_keys FOR EACH STATEMENT
        EXECUTE FUNCTION announce_api_key_change()`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP FUNCTION announce_api_key_change() CASCADE');
  }
}
