import { DataSource } from 'typeorm';
import { ManagedProcess } from '../../../test/support/managed-process.js';
import { createTestDatabase } from '../../../test/support/postgres.js';
import { dataSourceOptions } from '../src/bootstrap/data-source-options.js';
import { openDataSource } from '../src/database/open-data-source.js';
import { ApiInProcess } from './support/api-in-process.js';
import { RoleDatabase } from './support/role-database.js';

/** Defaults of a server, a database or a role that are not PostgreSQL's own. */
const ODD_DEFAULTS: Readonly<Record<string, string>> = {
  DateStyle: 'SQL, DMY',
  IntervalStyle: 'sql_standard',
  TimeZone: 'Pacific/Auckland',
  bytea_output: 'escape',
  extra_float_digits: '-5',
  standard_conforming_strings: 'off',
  array_nulls: 'off',
  transform_null_equals: 'on',
  default_transaction_isolation: 'serializable',
  search_path: 'pg_temp',
};

describe('sessions of the database', () => {
  it('do not depend on the defaults of the role', async () => {
    const database = await RoleDatabase.create();
    for (const [name, value] of Object.entries(ODD_DEFAULTS)) {
      await database.admin.query(`ALTER ROLE ${database.role} SET ${name} = '${value}'`);
    }
    const api = await ApiInProcess.startOn(database.url);
    try {
      const key = await api.userKey('owner', false, new Date('2099-02-01T03:04:05.678Z'));
      const id = await api.runningSession('owner');
      const { status, body } = await api.as(key).get(`/api/v1/sessions/${id}`);
      expect(status).toBe(200);
      const ageMs = Date.now() - Date.parse(String(body['created']));
      expect(Math.abs(ageMs)).toBeLessThan(60_000);
      const [row] = await api.dataSource.query<Record<string, unknown>[]>(
        `SELECT '2020-01-02T03:04:05Z'::timestamptz AS at, '\\x00ff'::bytea AS bytes, interval '1 day' AS span,
           current_schema() AS schema, current_setting('transaction_isolation') AS isolation, 0.1::float8 AS number`,
      );
      expect(row).toEqual({
        at: new Date('2020-01-02T03:04:05Z'),
        bytes: Buffer.from([0, 255]),
        span: expect.objectContaining({ days: 1 }),
        schema: 'public',
        isolation: 'read committed',
        number: 0.1,
      });
    } finally {
      await api.close();
      await database.drop();
    }
  });

  it('find the tables again when the search path of the role has become another', async () => {
    const database = await RoleDatabase.create();
    const first = await openDataSource(dataSourceOptions(database.url, 2));
    await first.query(
      `INSERT INTO wolf_instances (id, name, address, max_sandboxes) VALUES ('kept', 'Kept', 'here', 1)`,
    );
    await first.destroy();
    await database.admin.query(`CREATE SCHEMA other AUTHORIZATION ${database.role};
      ALTER ROLE ${database.role} SET search_path = other, public`);
    const second = await openDataSource(dataSourceOptions(database.url, 2));
    try {
      expect(await second.query('SELECT id FROM wolf_instances')).toEqual([{ id: 'kept' }]);
    } finally {
      await second.destroy();
      await database.drop();
    }
  });

  it('time out hanging statements, lock waits and open transactions', async () => {
    const database = await createTestDatabase();
    const dataSource = await openDataSource(dataSourceOptions(database.url, 2));
    try {
      const rows = await dataSource.query(
        `SELECT name, setting::int FROM pg_settings WHERE name IN
           ('statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout') ORDER BY name`,
      );
      expect(rows).toEqual([
        { name: 'idle_in_transaction_session_timeout', setting: 10_000 },
        { name: 'lock_timeout', setting: 5_000 },
        { name: 'statement_timeout', setting: 8_000 },
      ]);
    } finally {
      await dataSource.destroy();
      await database.drop();
    }
  });
});

describe('a database that a newer release has brought up to date', () => {
  it('is refused at start with exit code 1 and a sentence, and left as it is', async () => {
    const database = await createTestDatabase();
    const options = dataSourceOptions(database.url, 2);
    const migrations = Object.values(options.migrations ?? []).slice(0, 2);
    const source = await new DataSource({ ...options, migrations }).initialize();
    await source.runMigrations();
    await source.query(`INSERT INTO migrations (timestamp, name) VALUES (9999999999999, 'OfTomorrow9999999999999')`);
    const before = await source.query('SELECT * FROM migrations ORDER BY id');
    const api = ManagedProcess.start('apps/api/dist/main.js', [], {
      HOST: '127.0.0.1',
      PORT: '0',
      RUNNER_TOKEN: 'runner-token-of-this-test',
      ADMIN_API_KEY: 'hl-0123456789abcdef0123',
      DATABASE_URL: database.url,
    });
    try {
      expect(await api.exit).toEqual({ code: 1, signal: null });
      const said = api.lines.join('\n');
      expect(said).toContain('brought up to date by a newer release');
      expect(said).toContain('OfTomorrow9999999999999');
      expect(said).not.toContain('"ready"');
      expect(await source.query('SELECT * FROM migrations ORDER BY id')).toEqual(before);
    } finally {
      await source.destroy();
      await database.drop();
    }
  });
});
