import type { SessionId } from '@helix/external-agent';
import pg from 'pg';
import type { TestRunner } from '@helix/revdial/testing';
import { eventually } from '@helix/pacing/testing';
import type { RestAnswer, RestClient } from '../../../test/support/rest-client.js';
import { ApiInProcess } from './support/api-in-process.js';
import { PICTURE, startDesktop } from './support/desktop.js';
import { RoleDatabase } from './support/role-database.js';
import { TcpRelay } from './support/tcp-relay.js';

/** How soon after its end a trouble of the database is over for callers as well. */
const RECOVERED_MS = 15_000;

interface Trouble {
  readonly what: string;
  readonly code: 'DATABASE_AWAY' | 'DATABASE_BUSY';
  readonly isReadable?: boolean;
  begin(): Promise<void>;
  end(): Promise<void>;
}

describe('trouble of the database', () => {
  let database: RoleDatabase;
  let relay: TcpRelay;
  let api: ApiInProcess;
  let desktop: TestRunner;
  let owner: RestClient;
  let sessionId: SessionId;
  const unhandled: unknown[] = [];
  const note = (reason: unknown): void => {
    unhandled.push(reason);
  };

  beforeAll(async () => {
    process.on('unhandledRejection', note);
    database = await RoleDatabase.create();
    const relayed = await TcpRelay.before(database.url);
    relay = relayed.relay;
    api = await ApiInProcess.startOn(relayed.url);
    owner = api.as(await api.userKey('owner'));
    sessionId = await api.runningSession('owner');
    desktop = await startDesktop(api.url, sessionId, await api.sessionToken(sessionId, 'owner'));
    await eventually(async () => {
      expect((await picture()).status).toBe(200);
    });
  });

  afterAll(async () => {
    await desktop.close();
    await api.close();
    await relay.close();
    await database.drop();
    process.off('unhandledRejection', note);
    expect(unhandled).toEqual([]);
  });

  const picture = (): Promise<RestAnswer> => owner.get(`/api/v1/external-agents/${sessionId}/screenshot`);
  const answered = (answer: RestAnswer): unknown => [
    answer.status,
    answer.body['code'],
    answer.headers.get('retry-after'),
  ];

  let locker: pg.Client;
  const raise = (table: string, sqlState: string): Promise<unknown> =>
    database.admin.query(
      `CREATE OR REPLACE FUNCTION in_trouble() RETURNS trigger LANGUAGE plpgsql AS
         $$ BEGIN RAISE EXCEPTION 'trouble' USING ERRCODE = '${sqlState}'; END $$;
       CREATE TRIGGER in_trouble BEFORE INSERT ON ${table} FOR EACH STATEMENT EXECUTE FUNCTION in_trouble()`,
    );
  const raised = (sqlState: string, what: string, code: Trouble['code']): Trouble => ({
    what: `${what} (${sqlState})`,
    code,
    isReadable: true,
    begin: async () => {
      await raise('sessions', sqlState);
    },
    end: async () => {
      await database.admin.query('DROP TRIGGER in_trouble ON sessions');
    },
  });

  const troubles: readonly Trouble[] = [
    {
      what: 'a failover to a server that takes no changes (25006)',
      code: 'DATABASE_AWAY',
      isReadable: true,
      begin: async () => {
        await database.admin.query(`ALTER DATABASE ${database.name} SET default_transaction_read_only = on`);
        await database.terminate();
      },
      end: async () => {
        await database.admin.query(`SET default_transaction_read_only = off;
          ALTER DATABASE ${database.name} RESET default_transaction_read_only`);
        await database.terminate();
      },
    },
    {
      what: 'no connection left for the role (53300)',
      code: 'DATABASE_AWAY',
      begin: async () => {
        await database.admin.query(`ALTER ROLE ${database.role} CONNECTION LIMIT 0`);
        await database.terminate();
      },
      end: async () => {
        await database.admin.query(`ALTER ROLE ${database.role} CONNECTION LIMIT -1`);
      },
    },
    {
      what: 'a password that was changed (28P01)',
      code: 'DATABASE_AWAY',
      begin: async () => {
        await database.admin.query(`ALTER ROLE ${database.role} PASSWORD 'second'`);
        await database.terminate();
      },
      end: async () => {
        await database.admin.query(`ALTER ROLE ${database.role} PASSWORD 'first'`);
      },
    },
    {
      what: 'a table that another session has locked (55P03)',
      code: 'DATABASE_BUSY',
      begin: async () => {
        locker = new pg.Client({ connectionString: database.url });
        await locker.connect();
        await locker.query('BEGIN; LOCK TABLE sessions IN ACCESS EXCLUSIVE MODE');
      },
      end: async () => {
        await locker.query('ROLLBACK');
        await locker.end();
      },
    },
    raised('53100', 'a full disk', 'DATABASE_AWAY'),
    raised('40P01', 'a deadlock', 'DATABASE_BUSY'),
    raised('40001', 'a conflict with another transaction', 'DATABASE_BUSY'),
    raised('57014', 'a statement that took too long', 'DATABASE_BUSY'),
    raised('XX000', 'a fault within PostgreSQL', 'DATABASE_AWAY'),
  ];

  it.each(troubles)('$what: 503 with Retry-After, pictures go on, and it is over soon', async (trouble) => {
    const retryAfter = trouble.code === 'DATABASE_AWAY' ? '5' : '1';
    await trouble.begin();
    try {
      const refused = [owner.post('/api/v1/external-agents', { name: 'x' })];
      if (trouble.isReadable !== true) refused.push(owner.get('/api/v1/sessions'));
      for (const answer of await Promise.all(refused)) {
        expect(answered(answer)).toEqual([503, trouble.code, retryAfter]);
      }
      const shot = await picture();
      expect([shot.status, shot.bytes.equals(PICTURE)]).toEqual([200, true]);
    } finally {
      await trouble.end();
    }
    await eventually(async () => {
      expect((await owner.get('/api/v1/sessions')).status).toBe(200);
      // No host: refused by the placement, for which a session was written, and taken out again.
      const placed = await owner.post('/api/v1/external-agents', { name: 'y' });
      expect(placed.body['code']).toMatch(/^PLACEMENT_/);
    }, RECOVERED_MS);
  });

  it('sessions that PostgreSQL ends at a restart (57P01) cost each caller one refusal', async () => {
    await Promise.all(Array.from({ length: 20 }, () => owner.get('/api/v1/sessions')));
    await database.terminate();
    await eventually(async () => {
      const answers = await Promise.all(Array.from({ length: 20 }, () => owner.get('/api/v1/sessions')));
      for (const answer of answers) expect([200, 503]).toContain(answer.status);
      expect(answers.every(({ status }) => status === 200)).toBe(true);
    }, RECOVERED_MS);
  });

  it('all connections on a dead path at once: recovered within 15 s', async () => {
    await Promise.all(Array.from({ length: 40 }, () => owner.get('/api/v1/sessions')));
    const runner = api.dataSource.createQueryRunner();
    await runner.startTransaction();
    await runner.query('SELECT 1');
    expect((await picture()).status).toBe(200);
    relay.freeze();
    const frozenAtMs = performance.now();
    const held = runner.query('SELECT 2');
    const refusal = expect(held).rejects.toMatchObject({ driverError: { code: 'DATABASE_AWAY' } });
    const stuck = await Promise.all(Array.from({ length: 12 }, () => owner.get('/api/v1/sessions')));
    for (const answer of stuck)
      expect([503, answer.headers.get('retry-after')]).toEqual([answer.status, expect.any(String)]);
    await eventually(async () => {
      const answers = await Promise.all(Array.from({ length: 20 }, () => owner.get('/api/v1/sessions')));
      expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
      expect(relay.frozenCount).toBe(0);
    }, RECOVERED_MS);
    expect(performance.now() - frozenAtMs).toBeLessThan(RECOVERED_MS);
    await refusal;
    await runner.release();
  });
});
