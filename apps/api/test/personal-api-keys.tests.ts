import { API_LIMITS } from '../src/limits.js';
import { eventually } from '@helix/pacing/testing';
import type { RestAnswer, RestClient } from '../../../test/support/rest-client.js';
import { ApiInProcess } from './support/api-in-process.js';

const KEYS = '/api/v1/api_keys';

describe('keys that people make for themselves', () => {
  let api: ApiInProcess;
  let ann: RestClient;
  let bob: RestClient;
  let admin: RestClient;

  beforeAll(async () => {
    api = await ApiInProcess.start();
    ann = api.as(await api.userKey('ann'));
    bob = api.as(await api.userKey('bob'));
    admin = api.as(await api.userKey('root', true));
  });
  afterAll(async () => {
    await api.close();
  });

  const listOf = async (client: RestClient): Promise<Record<string, unknown>[]> =>
    JSON.parse((await client.get(KEYS)).bytes.toString()) as Record<string, unknown>[];
  const said = ({ status, body }: RestAnswer): unknown[] => [status, body['code']];

  it('are shown once, listed to their owner alone, and are no admin’s', async () => {
    const made = await ann.post(KEYS, { name: 'laptop', type: 'api', app_id: '' });
    expect(made.status).toBe(201);
    expect(made.body).toMatchObject({ user_id: 'ann', name: 'laptop', admin: false, app_id: null, expires_at: null });
    const secret = String(made.body['key']);
    expect((await api.as(secret).get('/api/v1/status')).body).toMatchObject({ user: 'ann', admin: false });
    const mine = (await listOf(ann)).find(({ id }) => id === made.body['id']);
    expect(mine).toMatchObject({ name: 'laptop', hint: secret.slice(0, 7) });
    expect(JSON.stringify(mine)).not.toContain(secret);
    expect((await listOf(bob)).map(({ id }) => id)).not.toContain(made.body['id']);
    const own = await admin.post(KEYS);
    expect((await api.as(String(own.body['key'])).get('/api/v1/status')).body['admin']).toBe(false);
  });

  it.each([
    ['a type that is not honoured', { name: 'api key 1', type: 'app', app_id: 'app_x' }, 'type must be api'],
    ['an app', { name: 'x', app_id: 'app_x' }, 'app_id is not taken'],
    ['another user', { user_id: 'root' }, 'user_id'],
    ['an admin’s rights', { admin: true }, 'admin'],
    ['an end in words of its own', { expires: '2030-01-01T00:00:00Z' }, 'expires'],
  ])('are not made for %s', async (_what, body, said) => {
    const before = (await listOf(ann)).length;
    const answer = await ann.post(KEYS, body);
    expect([answer.status, answer.body['code']]).toEqual([400, 'INVALID_REQUEST']);
    expect(answer.body['message']).toContain(said);
    expect(await listOf(ann)).toHaveLength(before);
  });

  it('say when they were last used', async () => {
    const made = await ann.post(KEYS, { name: 'seldom' });
    expect(made.body['last_used_at']).toBeNull();
    expect((await api.as(String(made.body['key'])).get('/api/v1/status')).status).toBe(200);
    await eventually(async () => {
      const mine = (await listOf(ann)).find(({ id }) => id === made.body['id']);
      expect(Date.now() - Date.parse(String(mine?.['last_used_at']))).toBeLessThan(API_LIMITS.keyUseNotedMs);
    });
  });

  it('are revoked by their owner and by an admin, and for others are not there', async () => {
    for (const client of [ann, admin]) {
      const made = await ann.post(KEYS, {});
      const path = `${KEYS}/${String(made.body['id'])}`;
      expect(said(await bob.delete(path))).toEqual([404, 'NOT_FOUND']);
      expect((await api.as(String(made.body['key'])).get(KEYS)).status).toBe(200);
      expect((await client.delete(path)).status).toBe(204);
      expect((await api.as(String(made.body['key'])).get(KEYS)).status).toBe(401);
      expect(said(await client.delete(path))).toEqual([404, 'NOT_FOUND']);
    }
  });

  it('end when they should, and make no keys that live longer than they do', async () => {
    const made = await ann.post(KEYS, { expires_in_seconds: 2 });
    const short = api.as(String(made.body['key']));
    const end = Date.parse(String(made.body['expires_at']));
    expect(end - Date.now()).toBeLessThanOrEqual(2_000);
    for (const body of [{}, { expires_in_seconds: 3_600 }, { expires_at: '2099-01-01T00:00:00Z' }]) {
      const child = await short.post(KEYS, body);
      expect(Date.parse(String(child.body['expires_at']))).toBe(end);
    }
    await eventually(async () => {
      expect((await short.get(KEYS)).status).toBe(401);
    });
    const dated = await ann.post(KEYS, { expires_at: '2099-01-01T00:00:00Z' });
    expect(dated.body['expires_at']).toBe('2099-01-01T00:00:00.000Z');
  });

  it.each([
    { expires_in_seconds: 0 },
    { expires_in_seconds: 1.5 },
    { expires_in_seconds: API_LIMITS.keyLifeMaxS + 1 },
    { expires_at: '2020-01-01T00:00:00Z' },
    { expires_at: 'tomorrow' },
    { expires_at: '2099-01-01T00:00:00Z', expires_in_seconds: 60 },
    { name: '' },
    { name: 'x'.repeat(201) },
  ])('are refused with %j', async (body) => {
    expect(said(await ann.post(KEYS, body))).toEqual([400, 'INVALID_REQUEST']);
  });

  it('are limited for each user, also when asked for at once; ended ones free room', async () => {
    const carl = api.as(await api.userKey('carl'));
    const answers: RestAnswer[] = [];
    for (let round = 0; round < 11; round += 1) {
      answers.push(
        ...(await Promise.all(Array.from({ length: 10 }, () => carl.post(KEYS, { expires_in_seconds: 60 })))),
      );
    }
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(API_LIMITS.keysPerUserMax - 1);
    expect(said(answers.at(-1)!)).toEqual([409, 'TOO_MANY_KEYS']);
    expect(await listOf(carl)).toHaveLength(API_LIMITS.keysPerUserMax);
    expect((await bob.post(KEYS)).status).toBe(201);
    await api.dataSource.query(
      `UPDATE api_keys SET expires_at = now() - interval '1 s' WHERE name = 'key' AND owner_id = 'carl'`,
    );
    expect((await carl.post(KEYS)).status).toBe(201);
    expect(await listOf(carl)).toHaveLength(2);
  });

  it('of apps are made by admins and open nothing', async () => {
    const made = await admin.post('/api/v1/admin/api-keys', { user_id: 'ann', app_id: 'app_01' });
    expect(made.body).toMatchObject({ app_id: 'app_01', admin: false });
    const app = api.as(String(made.body['key']));
    const answer = await app.get('/api/v1/status');
    expect(said(answer)).toEqual([403, 'FORBIDDEN']);
    expect(answer.body['message']).toContain('use a personal API key');
    expect((await app.get('/api/v1/auth/authenticated')).body).toEqual({ authenticated: false });
    const both = await admin.post('/api/v1/admin/api-keys', { user_id: 'ann', app_id: 'app_01', admin: true });
    expect(said(both)).toEqual([400, 'INVALID_REQUEST']);
  });

  it('name users as a provider may name them', async () => {
    const made = await admin.post('/api/v1/admin/api-keys', { user_id: 'auth0|5f7c8ec7c33c6c004bbafe82' });
    expect(made.status).toBe(201);
    for (const user_id of ['..', 'a b', 'a/b', 'x'.repeat(256)]) {
      expect(said(await admin.post('/api/v1/admin/api-keys', { user_id }))).toEqual([400, 'INVALID_REQUEST']);
    }
  });

  it('are not repeated by the answer of who the caller is, but a cookie is', async () => {
    const made = await ann.post(KEYS, { name: 'browser' });
    const secret = String(made.body['key']);
    expect((await api.as(secret).get('/api/v1/auth/user')).body).toEqual({
      id: 'ann',
      email: '',
      token: '',
      name: 'ann',
    });
    const byCookie = await api.as(undefined).get('/api/v1/auth/user', { cookie: `access_token=${secret}` });
    expect(byCookie.body['token']).toBe(secret);
    expect(byCookie.headers.get('cache-control')).toBe('no-store');
  });
});
