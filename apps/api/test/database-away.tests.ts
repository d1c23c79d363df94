import { setTimeout as delay } from 'node:timers/promises';
import type { SessionId } from '@helix/external-agent';
import type { TestRunner } from '@helix/revdial/testing';
import { eventually } from '@helix/pacing/testing';
import type { RestClient } from '../../../test/support/rest-client.js';
import { ApiInProcess } from './support/api-in-process.js';
import { PICTURE, startDesktop } from './support/desktop.js';
import { TcpRelay } from './support/tcp-relay.js';

/** Longer than keys and sessions count as fresh. */
const PAST_FRESHNESS_MS = 6_000;

describe('while the database is away', () => {
  let api: ApiInProcess;
  let relay: TcpRelay;
  let desktop: TestRunner;
  let owner: RestClient;
  let sessionId: SessionId;
  let unseenKey: string;
  const unhandled: unknown[] = [];
  const note = (reason: unknown): void => {
    unhandled.push(reason);
  };

  beforeAll(async () => {
    process.on('unhandledRejection', note);
    api = await ApiInProcess.start({}, async (databaseUrl) => {
      const relayed = await TcpRelay.before(databaseUrl);
      relay = relayed.relay;
      return relayed.url;
    });
    owner = api.as(await api.userKey('owner'));
    unseenKey = await api.userKey('unseen');
    sessionId = await api.runningSession('owner');
    desktop = await startDesktop(api.url, sessionId, await api.sessionToken(sessionId, 'owner'));
    await eventually(async () => {
      expect((await picture()).status).toBe(200);
    });
  });

  afterEach(async () => {
    relay.mode = 'open';
    // It recovers by itself.
    await eventually(async () => {
      expect((await owner.get('/readyz')).status).toBe(200);
      expect((await owner.get('/api/v1/sessions')).status).toBe(200);
    });
  });

  afterAll(async () => {
    await desktop.close();
    await api.close();
    await relay.close();
    process.off('unhandledRejection', note);
    expect(unhandled).toEqual([]);
  });

  function picture() {
    return owner.get(`/api/v1/external-agents/${sessionId}/screenshot`);
  }

  it('pictures of known sessions go on, readiness is red, and everything else says to try again', async () => {
    relay.mode = 'cut';
    const ready = await owner.get('/readyz');
    expect([ready.status, ready.body['code']]).toEqual([503, 'NOT_READY']);
    expect((await owner.get('/healthz')).status).toBe(200);

    const endsAt = performance.now() + PAST_FRESHNESS_MS;
    while (performance.now() < endsAt) {
      const shot = await picture();
      expect([shot.status, shot.bytes.equals(PICTURE)]).toEqual([200, true]);
      await delay(250);
    }
    const refused = [
      [await owner.post('/api/v1/external-agents', { name: 'x' }), 'DATABASE_AWAY'],
      [await owner.delete(`/api/v1/external-agents/${sessionId}`), 'DATABASE_AWAY'],
      [await owner.get('/api/v1/sessions'), 'DATABASE_AWAY'],
      [await api.as(unseenKey).get('/api/v1/sessions'), 'AUTHENTICATION_AWAY'],
    ] as const;
    for (const [answer, code] of refused) {
      expect([answer.status, answer.body['code'], answer.headers.get('retry-after')]).toEqual([503, code, '5']);
    }
  });

  it('a database that accepts connections but does not answer delays no known caller', async () => {
    const admin = api.as(await api.userKey('root', true));
    expect((await admin.get('/api/v1/admin/runners')).status).toBe(200);
    expect((await picture()).status).toBe(200);
    relay.mode = 'silent';
    const endsAt = performance.now() + PAST_FRESHNESS_MS;
    let slowestMs = 0;
    while (performance.now() < endsAt) {
      const startedAt = performance.now();
      expect((await admin.get('/api/v1/admin/runners')).status).toBe(200);
      expect((await picture()).status).toBe(200);
      slowestMs = Math.max(slowestMs, performance.now() - startedAt);
      await delay(250);
    }
    // A query that gets no answer is given up after 15 s.
    expect(slowestMs).toBeLessThan(5_000);
    const startedAt = performance.now();
    const ready = await owner.get('/readyz');
    expect([ready.status, ready.body['code']]).toEqual([503, 'NOT_READY']);
    expect(performance.now() - startedAt).toBeLessThan(5_000);
  });
});
