import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Each change of a session that readers see is announced on `helix_sessions` with the session's id when it is committed,
 * whoever makes it. Leases and tries are no such change: only what raises the version is. An empty payload means any.
 */
export class AnnounceSessionChanges1764002000001 implements MigrationInterface {
  readonly name = 'AnnounceSessionChanges1764002000001';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE FUNCTION announce_session_change() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF TG_OP = 'TRUNCATE' THEN PERFORM pg_notify('helix_sessions', '');
        ELSIF TG_OP = 'DELETE' THEN PERFORM pg_notify('helix_sessions', OLD.id);
        ELSE PERFORM pg_notify('helix_sessions', NEW.id);
        END IF;
        RETURN NULL;
      END $$`);
    await queryRunner.query(`
      CREATE TRIGGER session_changed AFTER UPDATE ON sessions FOR EACH ROW
        WHEN (OLD.version IS DISTINCT FROM NEW.version) EXECUTE FUNCTION announce_session_change()`);
    await queryRunner.query(`
      CREATE TRIGGER session_came_or_went AFTER INSERT OR DELETE ON sessions FOR EACH ROW
        EXECUTE FUNCTION announce_session_change()`);
    await queryRunner.query(`
      CREATE TRIGGER sessions_emptied AFTER TRUNCATE ON sessions FOR EACH STATEMENT
        EXECUTE FUNCTION announce_session_change()`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP FUNCTION announce_session_change() CASCADE');
  }
}
