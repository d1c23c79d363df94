import { EventEmitter, once } from 'node:events';
import { createSessionId, SessionRepository } from '@helix/external-agent';
import { eventually } from '@helix/pacing/testing';
import { ChangeNotices, type ChangeChannel } from '../src/database/change-notices/change-notices.js';
import { NOTICE_IDS_MAX } from '../src/limits.js';
import { ApiInProcess } from './support/api-in-process.js';
import { TcpRelay } from './support/tcp-relay.js';

const QUIET = { info: () => undefined, warn: () => undefined, error: () => undefined };
/** Well below the age at which keys (5 s) and sessions (2 s) are read again without any announcement. */
const AT_ONCE_MS = 1_000;
const ANY = 'anything';

/** What a replica hears, in its order. */
class Ear {
  readonly heard: string[] = [];
  readonly #events = new EventEmitter();

  constructor(notices: ChangeNotices, channel: ChangeChannel) {
    notices.subscribe(channel, (id) => {
      this.heard.push(id ?? ANY);
      this.#events.emit('heard');
    });
  }

  async next(what: string): Promise<void> {
    while (!this.heard.includes(what)) {
      await once(this.#events, 'heard', { signal: AbortSignal.timeout(10_000) });
    }
  }
}

describe('changes by another replica', () => {
  let api: ApiInProcess;
  beforeAll(async () => {
    api = await ApiInProcess.start();
  });
  afterAll(async () => {
    await api.close();
  });

  describe('as two replicas see them', () => {
    let other: ApiInProcess;
    beforeAll(async () => {
      other = await api.startReplica();
      await eventually(() => {
        for (const one of [api, other]) expect(one.api.app.get(ChangeNotices).isListening).toBe(true);
      });
    });
    afterAll(async () => {
      await other.close();
    });

    it('a key revoked on one is refused on the other', async () => {
      const admin = api.as(await api.userKey('root', true));
      const made = await admin.post('/api/v1/admin/api-keys', { user_id: 'ann' });
      const ann = other.as(String(made.body['key']));
      expect((await ann.get('/api/v1/sessions')).status).toBe(200);
      expect((await admin.delete(`/api/v1/admin/api-keys/${String(made.body['id'])}`)).status).toBe(204);
      await eventually(async () => {
        expect((await ann.get('/api/v1/sessions')).status).toBe(401);
      }, AT_ONCE_MS);
    });

    it('a key that was changed in the database itself is read again', async () => {
      const key = await api.userKey('bob');
      expect((await other.as(key).get('/api/v1/admin/runners')).status).toBe(403);
      await api.dataSource.query(`UPDATE api_keys SET is_admin = true WHERE owner_id = 'bob'`);
      await eventually(async () => {
        expect((await other.as(key).get('/api/v1/admin/runners')).status).toBe(200);
      }, AT_ONCE_MS);
    });

    it('a session stopped on one is stopped for the other', async () => {
      const id = await api.runningSession('ann');
      const key = await api.userKey('ann');
      const path = `/api/v1/sessions/${id}`;
      expect((await other.as(key).get(path)).status).toBe(200);
      expect((await api.as(key).delete(`${path}/stop-external-agent`)).status).toBe(200);
      await eventually(async () => {
        const { config } = (await other.as(key).get(path)).body as { config: Record<string, unknown> };
        expect(config['external_agent_status']).toBe('stopped');
      }, AT_ONCE_MS);
    });
  });

  describe('as they are announced', () => {
    let relay: TcpRelay;
    let notices: ChangeNotices;
    let sessions: Ear;
    let keys: Ear;
    beforeEach(async () => {
      const relayed = await TcpRelay.before(api.databaseUrl);
      relay = relayed.relay;
      notices = new ChangeNotices(relayed.url, QUIET, 200);
      sessions = new Ear(notices, 'sessions');
      keys = new Ear(notices, 'api_keys');
    });
    afterEach(async () => {
      await notices.close();
      await relay.close();
    });

    async function listen(): Promise<void> {
      notices.start();
      await sessions.next(ANY);
      await keys.next(ANY);
      sessions.heard.length = keys.heard.length = 0;
    }

    it('are sent for visible changes, not for leases or uses of keys', async () => {
      await listen();
      const repository = api.api.app.get(SessionRepository);
      const id = await api.runningSession('carl');
      await sessions.next(id);
      sessions.heard.length = 0;
      await repository.claim(id, 'me', 10_000);
      await repository.renew(id, 'me', 10_000);
      await repository.release(id, 'me');
      await api.userKey('carl');
      await api.dataSource.query(`UPDATE api_keys SET last_used_at = now() WHERE owner_id = 'carl'`);
      const last = createSessionId();
      await api.runningSession('carl', last);
      await sessions.next(last);
      expect(new Set(sessions.heard)).toEqual(new Set([last]));
      expect(keys.heard).toEqual([]);
      await repository.requestStop(id);
      await sessions.next(id);
    });

    it('of one burst arrive once for each id, or as "anything" when too many', async () => {
      await listen();
      await api.dataSource.query(`SELECT pg_notify('helix_api_keys', (n % 3)::text) FROM generate_series(1, 300) n`);
      await keys.next('2');
      expect(keys.heard.toSorted()).toEqual(['0', '1', '2']);
      await api.dataSource.query(
        `SELECT pg_notify('helix_api_keys', 'key ' || n) FROM generate_series(1, ${String(50 * NOTICE_IDS_MAX)}) n`,
      );
      await keys.next(ANY);
    });

    it('are all doubted after a connection that was cut is back', async () => {
      await listen();
      relay.mode = 'cut';
      const id = await api.runningSession('dora');
      relay.mode = 'open';
      await sessions.next(ANY);
      await keys.next(ANY);
      expect(sessions.heard).not.toContain(id);
      await api.dataSource.query(`UPDATE sessions SET version = version + 1 WHERE id = $1`, [id]);
      await sessions.next(id);
    });

    it('all count as changed after a silent connection is replaced', async () => {
      await listen();
      relay.mode = 'silent';
      await eventually(() => {
        expect(notices.isListening).toBe(false);
      });
      relay.mode = 'open';
      await sessions.next(ANY);
    });

    it('wait at the start for a database that does not answer', async () => {
      relay.mode = 'silent';
      notices.start();
      expect(notices.isListening).toBe(false);
      relay.mode = 'open';
      await sessions.next(ANY);
    });

    it('end with what listens to them: the connection is closed, also one that never came about', async () => {
      await listen();
      await notices.close();
      expect(notices.isListening).toBe(false);
      relay.mode = 'silent';
      const never = new ChangeNotices(`postgres://unknown@127.0.0.1:${String(relay.port)}/x`, QUIET);
      never.start();
      await never.close();
      await eventually(async () => {
        const [row] = await api.dataSource.query<{ count: number }[]>(
          `SELECT count(*)::int AS count FROM pg_stat_activity
            WHERE application_name = 'helix-api-notices' AND datname = current_database()`,
        );
        expect(row?.count).toBe(1);
      });
    });

    it('go on for the others when one listener fails, and for none that has left', async () => {
      let calls = 0;
      const leave = notices.subscribe('sessions', () => {
        calls += 1;
        throw new Error('on purpose');
      });
      const after = new Ear(notices, 'sessions');
      notices.start();
      await after.next(ANY);
      expect(calls).toBe(1);
      leave();
      const id = await api.runningSession('emil');
      await after.next(id);
      expect(calls).toBe(1);
    });
  });
});
