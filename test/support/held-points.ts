import pg from 'pg';
import { eventually } from '@helix/pacing/testing';

/** The class of our advisory locks; any number that nothing else in the database uses. */
const LOCK_CLASS = 20_264;

/**
 * Holds the API at chosen points of its work: when a session's row, slot or token is written, the statement waits before it can
 * commit, until the test has done what it wants, such as killing the API. The points of a session are
 *
 *   sessions INSERT, desired <wish>, state <state>, claimed in <state>, released in <state>
 *   placements INSERT|UPDATE|DELETE, api_keys INSERT|DELETE
 */
export class HeldPoints {
  readonly #connection: pg.Client;
  readonly #locks = new Map<string, number>();

  private constructor(connection: pg.Client) {
    this.#connection = connection;
  }

  static async open(databaseUrl: string): Promise<HeldPoints> {
    const connection = new pg.Client({ connectionString: databaseUrl });
    await connection.connect();
    await connection.query(`
      CREATE TABLE held_points (session_id text PRIMARY KEY, point text NOT NULL, lock int NOT NULL);
      CREATE FUNCTION hold_at_point() RETURNS trigger LANGUAGE plpgsql AS $$
      DECLARE
        written jsonb := CASE TG_OP WHEN 'DELETE' THEN to_jsonb(OLD) ELSE to_jsonb(NEW) END;
        before jsonb := CASE TG_OP WHEN 'UPDATE' THEN to_jsonb(OLD) END;
        here text := TG_TABLE_NAME || ' ' || TG_OP;
        held int;
      BEGIN
        IF TG_TABLE_NAME = 'sessions' AND TG_OP = 'UPDATE' THEN
          here := CASE
            WHEN before->>'state' <> written->>'state' THEN 'state ' || (written->>'state')
            WHEN before->>'desired' <> written->>'desired' THEN 'desired ' || (written->>'desired')
            WHEN before->>'lease_holder' IS NULL AND written->>'lease_holder' IS NOT NULL THEN 'claimed in ' || (written->>'state')
            WHEN before->>'lease_holder' IS NOT NULL AND written->>'lease_holder' IS NULL THEN 'released in ' || (written->>'state')
          END;
        END IF;
        SELECT lock INTO held FROM held_points
          WHERE session_id = coalesce(written->>'session_id', written->>'id') AND point = here;
        IF FOUND THEN PERFORM pg_advisory_xact_lock(${String(LOCK_CLASS)}, held); END IF;
        RETURN NULL;
      END $$;
      CREATE TRIGGER held AFTER INSERT OR UPDATE ON sessions FOR EACH ROW EXECUTE FUNCTION hold_at_point();
      CREATE TRIGGER held AFTER INSERT OR UPDATE OR DELETE ON placements FOR EACH ROW EXECUTE FUNCTION hold_at_point();
      CREATE TRIGGER held AFTER INSERT OR DELETE ON api_keys FOR EACH ROW EXECUTE FUNCTION hold_at_point();`);
    return new HeldPoints(connection);
  }

  async query<Row extends pg.QueryResultRow>(
    sql: string,
    parameters: readonly unknown[] = [],
  ): Promise<readonly Row[]> {
    return (await this.#connection.query<Row>(sql, [...parameters])).rows;
  }

  /** From now on the session's work stops at this point. */
  async hold(sessionId: string, point: string): Promise<void> {
    const lock = this.#locks.size + 1;
    this.#locks.set(sessionId, lock);
    await this.query('SELECT pg_advisory_lock($1, $2)', [LOCK_CLASS, lock]);
    await this.query('INSERT INTO held_points VALUES ($1, $2, $3)', [sessionId, point, lock]);
  }

  /** Resolves when the session's work has come to its point and waits there. */
  async reached(sessionId: string): Promise<void> {
    await eventually(async () => {
      expect(await this.#waiterOf(sessionId)).toBeDefined();
    });
  }

  /**
   * The API is gone: what waits at the points of these sessions comes to nothing, as when PostgreSQL notices its client's
   * end, and what waits at the others is done, as when it does not. Resolves when nothing of the API is at work any more.
   */
  async letGo(rolledBack: readonly string[]): Promise<void> {
    await this.query('DELETE FROM held_points');
    for (const sessionId of rolledBack) {
      await this.query('SELECT pg_terminate_backend($1)', [await this.#waiterOf(sessionId)]);
    }
    await this.query('SELECT pg_advisory_unlock_all()');
    await eventually(async () => {
      const others = 'SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()';
      expect(await this.query(others)).toEqual([]);
    });
  }

  async close(): Promise<void> {
    await this.#connection.end();
  }

  async #waiterOf(sessionId: string): Promise<number | undefined> {
    const [waiter] = await this.query<{ pid: number }>(
      `SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND classid = $1 AND objid = $2 AND NOT granted
         AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
      [LOCK_CLASS, this.#locks.get(sessionId)],
    );
    return waiter?.pid;
  }
}
