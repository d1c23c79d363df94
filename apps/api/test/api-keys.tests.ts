import { ApiKeysService } from '../src/api-keys/api-keys.service.js';
import { ApiInProcess, RUNNER_TOKEN } from './support/api-in-process.js';

describe('keys', () => {
  let api: ApiInProcess;
  const adminKey = 'hl-first-admin-of-this-test-0123';

  beforeAll(async () => {
    api = await ApiInProcess.start({
      ADMIN_API_KEY: adminKey,
      ADMIN_USER_ID: 'root',
      RUNNER_TOKEN: `${RUNNER_TOKEN},the-next-runner-token`,
    });
  });

  afterAll(async () => {
    await api.close();
  });

  it('are made by an admin, shown once, stored as a hash, revoked at once', async () => {
    const admin = api.as(adminKey);
    const made = await admin.post('/api/v1/admin/api-keys', { user_id: 'alice', name: 'laptop' });
    expect(made.status).toBe(201);
    const key = String(made.body['key']);
    expect(key).toMatch(/^hl-[A-Za-z0-9_-]{43}$/);
    expect((await api.as(key).get('/api/v1/sessions')).status).toBe(200);

    const listed = await admin.get('/api/v1/admin/api-keys');
    expect(listed.bytes.toString()).toContain(String(made.body['id']));
    expect(listed.bytes.toString()).not.toContain(key);
    const rows = await api.dataSource.query<{ row: string }[]>('SELECT api_keys::text AS row FROM api_keys');
    expect(rows.some(({ row }) => row.includes(key))).toBe(false);

    expect((await admin.delete(`/api/v1/admin/api-keys/${String(made.body['id'])}`)).status).toBe(204);
    expect((await api.as(key).get('/api/v1/sessions')).status).toBe(401);
    expect((await admin.delete(`/api/v1/admin/api-keys/${String(made.body['id'])}`)).body['code']).toBe('NOT_FOUND');
  });

  it('of the configured first admin is forgotten when another one is configured', async () => {
    const before = 'hl-admin-before-the-rotation-0123';
    const after = 'hl-admin-after-the-rotation-01234';
    const keys = api.api.app.get(ApiKeysService);
    await keys.ensureAdminKey(before, 'root');
    await keys.ensureAdminKey(after, 'root');
    await keys.ensureAdminKey(after, 'root');
    expect((await api.as(before).get('/api/v1/sessions')).status).toBe(401);
    expect((await api.as(after).get('/api/v1/admin/runners')).status).toBe(200);
    await keys.ensureAdminKey(adminKey, 'root');
  });

  it('count for nothing once they have expired', async () => {
    const key = await api.userKey('bob', false, new Date(Date.now() - 1));
    expect((await api.as(key).get('/api/v1/sessions')).status).toBe(401);
    const answer = await api
      .as(adminKey)
      .post('/api/v1/admin/api-keys', { user_id: 'bob', expires_at: '2020-01-01T00:00:00Z' });
    expect([answer.status, answer.body['code']]).toEqual([400, 'INVALID_REQUEST']);
  });

  it('refuses a user id that is none', async () => {
    const answer = await api.as(adminKey).post('/api/v1/admin/api-keys', { user_id: '../etc' });
    expect([answer.status, answer.body['code']]).toEqual([400, 'INVALID_REQUEST']);
  });

  it('accepts each of the runner tokens, so that a new one can be rolled out first', async () => {
    for (const token of [RUNNER_TOKEN, 'the-next-runner-token']) {
      expect((await api.as(token).post('/api/v1/sandboxes/unknown/heartbeat', {})).status).toBe(200);
    }
    expect((await api.as('the-next-runner-toke').post('/api/v1/sandboxes/unknown/heartbeat', {})).status).toBe(401);
  });
});
