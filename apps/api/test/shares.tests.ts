import { setTimeout as delay } from 'node:timers/promises';
import { createLogger } from '@helix/program';
import { createSessionId, SessionDirectory, SessionShares, type SessionId } from '@helix/external-agent';
import { createMigratedDatabase } from '../../../test/support/postgres.js';
import { eventually } from '@helix/pacing/testing';
import { RestClient } from '../../../test/support/rest-client.js';
import { ApiKeysService } from '../src/api-keys/api-keys.service.js';
import type { Principal } from '../src/access/principal.js';
import { SessionAccessPolicy } from '../src/auth/session-access.js';
import { startApi } from '../src/bootstrap/start-api.js';
import { readApiConfig } from '../src/config/api-config.js';
import { ChangeNotices } from '../src/database/change-notices/change-notices.js';
import { ApiInProcess, insertSession, RUNNER_TOKEN } from './support/api-in-process.js';
import { PICTURE, startDesktop } from './support/desktop.js';
import { share } from './support/share.js';
import { TcpRelay } from './support/tcp-relay.js';

/** Well below the age at which shares (2 s) are read again without any announcement. */
const AT_ONCE_MS = 1_000;
/** Longer than shares count as fresh. */
const PAST_FRESHNESS_MS = 2_500;

function accessOf(viewer: RestClient, id: SessionId) {
  return viewer.get(`/api/v1/sessions/${id}/access`);
}

describe('a shared session', () => {
  let api: ApiInProcess;
  let other: ApiInProcess;
  let owner: RestClient;
  let id: SessionId;
  beforeAll(async () => {
    api = await ApiInProcess.start();
    other = await api.startReplica();
    owner = api.as(await api.userKey('owner'));
    await eventually(() => {
      for (const one of [api, other]) expect(one.api.app.get(ChangeNotices).isListening).toBe(true);
    });
  });
  beforeEach(async () => {
    id = await api.runningSession('owner');
  });
  afterAll(async () => {
    await other.close();
    await api.close();
  });

  it('shows its picture to viewers, and its clipboard to those only who control it', async () => {
    const desktop = await startDesktop(api.url, id, await api.sessionToken(id, 'owner'));
    const base = `/api/v1/external-agents/${id}`;
    await eventually(async () => {
      expect((await owner.get(`${base}/screenshot`)).status).toBe(200);
    });
    const paste = { type: 'text', data: 'pasted' };
    for (const [role, userId, status] of [
      ['view', undefined, 403],
      ['view', 'vera', 403],
      ['control', undefined, 200],
      ['control', 'carl', 200],
    ] as const) {
      const viewer = api.as(await share(api, id, role, userId));
      const picture = await viewer.get(`${base}/screenshot`);
      expect([picture.status, picture.bytes.equals(PICTURE)]).toEqual([200, true]);
      expect((await viewer.post(`${base}/clipboard`, paste)).status).toBe(status);
    }
    await desktop.close();
  });

  it('keeps of a link nothing but the hash of its token', async () => {
    const { body } = await owner.post(`/api/v1/sessions/${id}/shares`, { role: 'view' });
    const rows = await api.dataSource.query<{ row: string }[]>(
      'SELECT session_shares::text AS row FROM session_shares',
    );
    expect(rows.some(({ row }) => row.includes(String(body['id'])))).toBe(true);
    expect(rows.some(({ row }) => row.includes(String(body['token'])))).toBe(false);
  });

  it('answers 401 to an expired link and 403 to an expired grant', async () => {
    const link = api.as(await share(api, id, 'view', undefined, 700));
    const grantee = api.as(await share(api, id, 'view', 'tim', 700));
    expect([(await accessOf(link, id)).status, (await accessOf(grantee, id)).status]).toEqual([200, 200]);
    await eventually(async () => {
      expect([(await accessOf(link, id)).status, (await accessOf(grantee, id)).status]).toEqual([401, 403]);
    });
  });

  it('is opened and closed on another replica as soon as a share is made and revoked', async () => {
    const token = await share(api, id, 'view');
    const key = await api.userKey('rob');
    expect((await accessOf(other.as(token), id)).status).toBe(200);
    // That he has no share is remembered there, too.
    expect((await accessOf(other.as(key), id)).status).toBe(403);
    const { body } = await owner.post(`/api/v1/sessions/${id}/shares`, { role: 'control', user_id: 'rob' });
    await eventually(async () => {
      expect((await accessOf(other.as(key), id)).body['role']).toBe('control');
    }, AT_ONCE_MS);
    const heard: (SessionId | undefined)[] = [];
    const leave = other.api.app.get(SessionShares).subscribe((sessionId) => heard.push(sessionId));
    expect((await owner.delete(`/api/v1/sessions/${id}/shares/${String(body['id'])}`)).status).toBe(204);
    await eventually(async () => {
      expect(heard).toContain(id);
      expect((await accessOf(other.as(key), id)).status).toBe(403);
    }, AT_ONCE_MS);
    await api.dataSource.query(`UPDATE session_shares SET revoked_at = now() WHERE token_hash IS NOT NULL`);
    await eventually(async () => {
      expect((await accessOf(other.as(token), id)).status).toBe(401);
    }, AT_ONCE_MS);
    leave();
  });

  it('is no longer granted by the policy after the share was revoked', async () => {
    const policy = other.api.app.get(SessionAccessPolicy);
    const session = await other.api.app.get(SessionDirectory).get(id);
    const { body } = await owner.post(`/api/v1/sessions/${id}/shares`, { role: 'view', expires_in_s: 60 });
    const shareId = String(body['id']);
    const holder: Principal = { kind: 'share', shareId, sessionId: id, role: 'view' };
    expect(await policy.of(holder, session)).toEqual({
      via: 'share',
      role: 'view',
      shareId,
      expiresAt: new Date(String(body['expires_at'])),
    });
    await owner.delete(`/api/v1/sessions/${id}/shares/${shareId}`);
    await eventually(async () => {
      expect(await policy.of(holder, session)).toBeUndefined();
    }, AT_ONCE_MS);
    expect(await policy.of({ kind: 'runner' }, session)).toBeUndefined();
    expect(await policy.of({ kind: 'session', sessionId: id, ownerId: 'owner' }, session)).toBeUndefined();
  });

  it('ends its shares when it is deleted', async () => {
    const link = other.as(await share(api, id, 'view'));
    expect((await accessOf(link, id)).status).toBe(200);
    await api.dataSource.query(`UPDATE sessions SET state = 'stopped', desired = 'stopped' WHERE id = $1`, [id]);
    expect((await owner.delete(`/api/v1/sessions/${id}`)).status).toBe(200);
    await eventually(async () => {
      expect((await accessOf(link, id)).status).toBe(401);
    }, AT_ONCE_MS);
  });
});

describe('a shared session while the database is away', () => {
  it('without database stays open to holders seen lately, and to no others', async () => {
    let relay: TcpRelay | undefined;
    const api = await ApiInProcess.start({}, async (databaseUrl) => {
      const relayed = await TcpRelay.before(databaseUrl);
      relay = relayed.relay;
      return relayed.url;
    });
    try {
      const id = await api.runningSession('owner');
      const short = api.as(await share(api, id, 'view', undefined, 2_000));
      const viewers = [api.as(await share(api, id, 'view')), api.as(await share(api, id, 'control', 'bob'))];
      const unseen = api.as(await share(api, id, 'view'));
      for (const viewer of [short, ...viewers]) expect((await accessOf(viewer, id)).status).toBe(200);
      if (relay !== undefined) relay.mode = 'cut';
      const endsAt = performance.now() + PAST_FRESHNESS_MS;
      while (performance.now() < endsAt) {
        for (const viewer of viewers) expect((await accessOf(viewer, id)).status).toBe(200);
        await delay(250);
      }
      expect((await accessOf(short, id)).status).toBe(401);
      expect((await accessOf(unseen, id)).body['code']).toBe('AUTHENTICATION_AWAY');
    } finally {
      if (relay !== undefined) relay.mode = 'open';
      await api.close();
      await relay?.close();
    }
  });
});

describe('the log of an API whose sessions are shared', () => {
  it('tells who shared what with whom, and who ended it, and never a token', async () => {
    const database = await createMigratedDatabase();
    const lines: string[] = [];
    const config = readApiConfig({ HOST: '127.0.0.1', PORT: '0', RUNNER_TOKEN, LOG_LEVEL: 'debug' });
    const destination = { write: (line: string) => void lines.push(line) };
    const logger = createLogger({ app: 'api', level: 'debug', destination });
    const api = await startApi(config, database.url, logger);
    try {
      const { secret } = await api.app
        .get(ApiKeysService)
        .create({ ownerId: 'owner', name: 'test', isAdmin: false, expiresAt: null });
      const owner = new RestClient(api.url, secret);
      const sessionId = createSessionId();
      await insertSession(api, 'owner', sessionId);
      const shares = `/api/v1/sessions/${sessionId}/shares`;
      const link = (await owner.post(shares, { role: 'view' })).body;
      const token = String(link['token']);
      await new RestClient(api.url, undefined).get(`/api/v1/sessions/${sessionId}/access?access_token=${token}`);
      await owner.delete(`${shares}/${String(link['id'])}`);
      const audit = lines
        .filter((line) => line.includes('"audit":"session-share"'))
        .map((line) => JSON.parse(line) as object);
      const common = { userId: 'owner', sessionId, shareId: link['id'], address: '127.0.0.1' };
      expect(audit).toEqual([
        expect.objectContaining({ ...common, role: 'view', withUserId: null, expiresAt: link['expires_at'] }),
        expect.objectContaining(common),
      ]);
      expect(lines.join('')).not.toContain('hs-');
    } finally {
      await api.close();
      await database.drop();
    }
  });
});
