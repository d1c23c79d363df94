import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { ApiInProcess, RUNNER_TOKEN } from './support/api-in-process.js';
import type { RestAnswer, RestClient } from '../../../test/support/rest-client.js';

const AGENTS = '/api/v1/external-agents';
const KEYS = '/api/v1/admin/api-keys';

describe('input that is meant to hurt', () => {
  let api: ApiInProcess;
  let owner: RestClient;
  let admin: RestClient;
  let host: RestClient;

  beforeAll(async () => {
    api = await ApiInProcess.start({ SERVER_URL: 'https://helix.example.com' });
    owner = api.as(await api.userKey('owner'));
    admin = api.as(await api.userKey('root', true));
    host = api.as(RUNNER_TOKEN);
  });

  afterAll(async () => {
    await api.close();
  });

  function invalid(answer: RestAnswer): void {
    expect([answer.status, answer.body['code']]).toEqual([400, 'INVALID_REQUEST']);
  }

  it.each([
    ['NUL in a name', '{"name":"a\\u0000b"}'],
    ['NUL in a label', '{"project_id":"a\\u0000b"}'],
    ['half a surrogate pair in a name', '{"name":"\\ud800"}'],
    ['half a surrogate pair in a label', '{"spec_task_id":"\\udc00"}'],
    ['half a surrogate pair in the environment', '{"env":["A=\\ud800"]}'],
    ['a hundred thousand brackets', `{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`],
    ['an array for a body', '[{"name":"x"}]'],
    ['a body that is no JSON', 'name=x'],
    ['a body cut short', '{'],
  ])('refuses a desktop with %s as the caller’s fault', async (_, body) => {
    invalid(await owner.post(AGENTS, body));
  });

  it.each(['//', '//:x', 'http://['])('refuses to upgrade at %s, and lives on', async (target) => {
    const { hostname, port } = new URL(api.url);
    const socket = connect(Number(port), hostname);
    socket.end(`GET ${target} HTTP/1.1\r\nHost: api\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`);
    expect(await text(socket)).toMatch(/^HTTP\/1\.1 400 /);
    expect((await owner.get('/healthz')).status).toBe(200);
  });

  it('refuses NUL in queries, paths and the names of keys', async () => {
    invalid(await owner.get('/api/v1/sessions?search=%00'));
    invalid(await owner.get(`${AGENTS}?search=%00`));
    invalid(await admin.delete(`${KEYS}/%00`));
    invalid(await admin.delete('/api/v1/wolf-instances/%00'));
    invalid(await admin.post(KEYS, '{"user_id":"bob","name":"\\u0000"}'));
    expect((await owner.get('/api/v1/sessions/%00')).body['code']).toBe('SESSION_NOT_FOUND');
  });

  it.each(['wolf-instances', 'sandboxes'])(
    'takes a heartbeat whole or not at all, at %s, also in chunks',
    async (kind) => {
      const id = `beating-${kind}`;
      expect((await host.post('/api/v1/wolf-instances/register', { id, name: id, address: '10.0.0.2' })).status).toBe(
        200,
      );
      const beat = `/api/v1/${kind}/${id}/heartbeat`;
      const disk = (mount: string): string =>
        `{"max_sandboxes":7,"gpu_vendor":null,"disk_usage":[{"mount_point":"${mount}","total_bytes":9,"used_bytes":9}]}`;
      const row = async (): Promise<unknown> =>
        await api.dataSource.query(
          `SELECT max_sandboxes AS slots, jsonb_array_length(disk_usage) AS disks, last_heartbeat_at IS NOT NULL AS beaten
           FROM wolf_instances WHERE id = $1`,
          [id],
        );
      const refused = [disk('a\\u0000b'), disk('\\ud800'), '[]', '[{"max_sandboxes":7}]', '{"max_sandboxes":"7"}'];
      for (const body of refused) {
        const answer = await host.post(beat, body);
        expect([body, answer.status, answer.body['code']]).toEqual([body, 400, 'INVALID_HEARTBEAT']);
      }
      const both = await host.post(beat, '{"max_sandboxes":-1,"gpus":7,"labels":{"a":"b"}}');
      expect(both.body['message']).toMatch(/gpus.*max_sandboxes/);
      for (const body of ['{', 'null', '"x"']) invalid(await host.post(beat, body));
      expect(await row()).toEqual([{ slots: 20, disks: 0, beaten: false }]);

      const chunks = new Blob([disk('/')]).stream();
      const headers = { authorization: `Bearer ${RUNNER_TOKEN}`, 'content-type': 'application/json' };
      const answer = await fetch(api.url + beat, { method: 'POST', headers, body: chunks, duplex: 'half' });
      expect(answer.status).toBe(200);
      expect(await row()).toEqual([{ slots: 7, disks: 1, beaten: true }]);
    },
  );

  it('refuses a body of any other type instead of ignoring it', async () => {
    for (const type of ['text/plain', 'application/x-www-form-urlencoded']) {
      invalid(await owner.post(AGENTS, 'name=x', { 'content-type': type }));
      invalid(await owner.post(AGENTS, '{"name":["x"]}', { 'content-type': type }));
    }
  });

  it('takes null for not given', async () => {
    const given = { name: 'host', address: '10.0.0.1', id: null, gpu_vendor: null, render_node: null, gpu_type: null };
    expect((await host.post('/api/v1/wolf-instances/register', given)).status).toBe(200);
    expect((await admin.post(KEYS, { user_id: 'bob', name: null, admin: null, expires_at: null })).status).toBe(201);
    invalid(await admin.post(KEYS, { user_id: null }));
  });

  it('refuses times that are none to JavaScript', async () => {
    for (const expires_at of ['2030-W01-1', '2030-01-01T00:00:00,5Z', '+275760-09-14T00:00:00Z', '']) {
      invalid(await admin.post(KEYS, { user_id: 'bob', expires_at }));
    }
  });

  it('takes from a body neither owner nor prototype', async () => {
    // A host without a slot, for which the session waits.
    const full = { id: 'full', name: 'full', address: '10.0.0.3', max_sandboxes: 0 };
    expect((await host.post('/api/v1/wolf-instances/register', full)).status).toBe(200);
    expect((await host.post('/api/v1/wolf-instances/full/heartbeat', {})).status).toBe(200);
    const body =
      '{"queue_seconds":60,"__proto__":{"isAdmin":true},"constructor":{"prototype":{"x":1}},"owner_id":"root","user_id":"root"}';
    expect((await owner.post(AGENTS, body)).status).toBe(202);
    const { sessions } = (await owner.get('/api/v1/sessions')).body as { sessions: { owner: string }[] };
    expect(sessions.map((session) => session.owner)).toEqual(['owner']);
    expect(Object.hasOwn(Object.prototype, 'x')).toBe(false);
  });

  it('refuses a small body that would unpack to a large one, unpacked never', async () => {
    const { gzipSync } = await import('node:zlib');
    const response = await fetch(api.url + AGENTS, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${owner.key ?? ''}`,
        'content-type': 'application/json',
        'content-encoding': 'gzip',
      },
      body: gzipSync(Buffer.alloc(50_000_000, ' ')),
    });
    expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([
      415,
      'UNSUPPORTED_ENCODING',
    ]);
  });

  it('sends nosniff and no-store with every answer', async () => {
    for (const answer of [await owner.get('/api/v1/sessions'), await owner.get('/nowhere')]) {
      expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
      expect(answer.headers.get('cache-control')).toBe('no-store');
      expect(answer.bytes.toString()).not.toContain('node_modules');
    }
  });

  it('does not repeat a request id that could break a log or a header', async () => {
    const answer = await owner.get('/healthz', { 'x-request-id': 'a b"c' });
    expect(answer.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
    expect((await owner.get('/healthz', { 'x-request-id': 'abc-1' })).headers.get('x-request-id')).toBe('abc-1');
  });

  describe('from pages of other sites', () => {
    const nowhere = { image: 'not-allowed' };

    function act(headers: Readonly<Record<string, string>>): Promise<RestAnswer> {
      return api.as(undefined).post(AGENTS, nowhere, headers);
    }

    it('refuses changes with the cookie of this one', async () => {
      const cookie = `access_token=${owner.key ?? ''}`;
      for (const origin of ['https://evil.example', 'null', 'https://helix.example.com.evil.example', 'https://:']) {
        const answer = await act({ cookie, origin });
        expect([origin, answer.status, answer.body['code']]).toEqual([origin, 403, 'FORBIDDEN']);
      }
      const read = await api.as(undefined).get('/api/v1/sessions', { cookie, origin: 'https://evil.example' });
      expect(read.status).toBe(200);
    });

    it('lets its own pages, programs and callers with a key in a header act', async () => {
      const cookie = `access_token=${owner.key ?? ''}`;
      const authorization = `Bearer ${owner.key ?? ''}`;
      for (const headers of [
        { cookie },
        { cookie, origin: api.url.replace('localhost', '127.0.0.1') },
        { cookie, origin: 'https://helix.example.com' },
        { cookie, origin: 'https://console.example.com', 'x-forwarded-host': 'console.example.com' },
        { authorization, origin: 'https://evil.example' },
      ]) {
        // Past the guard: the body is what is wrong.
        invalid(await act(headers));
      }
    });
  });
});
