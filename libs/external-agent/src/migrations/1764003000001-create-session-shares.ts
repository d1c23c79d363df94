import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Who may watch which session. Each change is announced on `helix_session_shares` when it is committed, whoever makes it: with
 * the session's id for a new share, and with that, a space and the share's id for one that was changed or has gone; an empty
 * payload means any. Shares of a session that is deleted end with it, whoever deletes it.
 */
export class CreateSessionShares1764003000001 implements MigrationInterface {
  readonly name = 'CreateSessionShares1764003000001';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE session_shares (
        id              text PRIMARY KEY CHECK (id ~ '^shr_[0-9a-z]{26}$'),
        session_id      text NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
        created_by      text NOT NULL,
        role            text NOT NULL CHECK (role IN ('view','control')),
        grantee_user_id text,
        token_hash      bytea UNIQUE CHECK (octet_length(token_hash) = 32),
        label           text NOT NULL,
        created_at      timestamptz NOT NULL DEFAULT now(),
        expires_at      timestamptz NOT NULL,
        revoked_at      timestamptz,
        CHECK ((grantee_user_id IS NULL) <> (token_hash IS NULL))
      )`);
    await queryRunner.query('CREATE INDEX session_shares_by_session ON session_shares (session_id, created_at DESC)');
    await queryRunner.query(
      `CREATE UNIQUE INDEX session_shares_one_grant ON session_shares (session_id, grantee_user_id)
        WHERE grantee_user_id IS NOT NULL AND revoked_at IS NULL`,
    );
    await queryRunner.query('CREATE INDEX session_shares_by_end ON session_shares (least(expires_at, revoked_at))');
    await this.#announceChanges(queryRunner);
    await this.#endWithSession(queryRunner);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP FUNCTION end_shares_of_session() CASCADE');
    await queryRunner.query('DROP TABLE session_shares');
    await queryRunner.query('DROP FUNCTION announce_session_share_change()');
  }

  async #announceChanges(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE FUNCTION announce_session_share_change() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF TG_OP = 'TRUNCATE' THEN PERFORM pg_notify('helix_session_shares', '');
        ELSIF TG_OP = 'INSERT' THEN PERFORM pg_notify('helix_session_shares', NEW.session_id);
        ELSE PERFORM pg_notify('helix_session_shares', OLD.session_id || ' ' || OLD.id);
        END IF;
        RETURN NULL;
      END $$`);
    // A new one matters too: that a user has none is remembered.
    await queryRunner.query(`
      CREATE TRIGGER session_share_changed AFTER INSERT OR UPDATE ON session_shares FOR EACH ROW
        EXECUTE FUNCTION announce_session_share_change()`);
    // The sweep of those that ended long ago changes nothing for anybody.
    await queryRunner.query(`
      CREATE TRIGGER session_share_went AFTER DELETE ON session_shares FOR EACH ROW
        WHEN (OLD.revoked_at IS NULL AND OLD.expires_at > now()) EXECUTE FUNCTION announce_session_share_change()`);
    await queryRunner.query(`
      CREATE TRIGGER session_shares_emptied AFTER TRUNCATE ON session_shares FOR EACH STATEMENT
        EXECUTE FUNCTION announce_session_share_change()`);
  }

  async #endWithSession(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE FUNCTION end_shares_of_session() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        UPDATE session_shares SET revoked_at = now() WHERE session_id = NEW.id AND revoked_at IS NULL;
        RETURN NULL;
      END $$`);
    await queryRunner.query(`
      CREATE TRIGGER session_deleted AFTER UPDATE OF deleted_at ON sessions FOR EACH ROW
        WHEN (OLD.deleted_at IS NULL AND NEW.deleted_at IS NOT NULL) EXECUTE FUNCTION end_shares_of_session()`);
  }
}
