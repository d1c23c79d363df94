import { createHash } from 'node:crypto';
import { ControlPlane } from '../support/control-plane.js';
import { eventually } from '@helix/pacing/testing';
import { GpuHost } from '../support/gpu-host.js';
import type { RestClient } from '../support/rest-client.js';

describe('a session on a sandbox that connected back', () => {
  let plane: ControlPlane;
  let host: GpuHost;
  let user: RestClient;
  let id: string;

  beforeAll(async () => {
    plane = await ControlPlane.start({ LOG_LEVEL: 'trace' });
    host = await GpuHost.start(plane, 'us-east-1', ['--gpu-vendor', 'nvidia', '--log-level', 'debug']);
    user = await plane.user('alice');
  });

  afterAll(async () => {
    await host.close();
    await plane.close();
  });

  it('is placed on the host, with one id that works everywhere', async () => {
    const created = await user.post('/api/v1/external-agents', {
      name: 'First',
      env: ['EDITOR=vi'],
      display_width: 2560,
    });
    expect(created.status).toBe(200);
    expect(created.body).toMatchObject({ status: 'running', wolf_instance_id: 'us-east-1' });
    expect(created.body['wolf_lobby_pin']).toMatch(/^\d{4}$/);
    id = String(created.body['session_id']);
    await plane.connected(`sandbox-${id}`);

    const session = await user.get(`/api/v1/sessions/${id}`);
    expect(session.body).toMatchObject({
      id,
      name: 'First',
      owner: 'alice',
      state: 'running',
      wolf_instance_id: 'us-east-1',
    });
    expect(session.body['metadata']).toEqual(session.body['config']);
    const agent = await user.get(`/api/v1/external-agents/${id}`);
    expect(agent.body).toMatchObject({ session_id: id, status: 'running', desktop_connected: true });
    const listed = await user.get('/api/v1/sessions');
    expect(listed.body).toMatchObject({ totalCount: 1, sessions: [{ session_id: id }] });
    expect((await host.desktop(id)).sessionId).toBe(id);
  });

  it('shows the 4K picture which the desktop served, byte for byte', async () => {
    const picture = await user.get(`/api/v1/external-agents/${id}/screenshot?t=1`);
    expect(picture.status).toBe(200);
    expect(picture.headers.get('content-type')).toBe('image/png');
    expect(picture.headers.get('cache-control')).toBe('private, no-cache, must-revalidate');
    expect([picture.bytes.readUInt32BE(16), picture.bytes.readUInt32BE(20)]).toEqual([3840, 2160]);
    expect(picture.bytes.length).toBeGreaterThan(600_000);
    const sha256 = createHash('sha256').update(picture.bytes).digest('hex');
    expect(await host.servedPictures(id)).toContain(sha256);
  });

  it('a screenshot asked for while the desktop boots arrives once it has booted', async () => {
    const created = await user.post('/api/v1/external-agents', { name: 'Asked at once' });
    const path = `/api/v1/external-agents/${String(created.body['session_id'])}`;
    expect((await user.get(`${path}/screenshot`)).status).toBe(200);
    expect((await user.delete(path)).status).toBe(200);
  });

  it('answers 304 to a viewer with the present picture, and 200 once it changed', async () => {
    const path = `/api/v1/external-agents/${id}/screenshot`;
    // The picture changes several times a second, so the same one is met only by asking again quickly.
    await eventually(async () => {
      const first = await user.get(path);
      const again = await user.get(path, { 'if-none-match': first.headers.get('etag') ?? '' });
      expect([again.status, again.bytes.length]).toEqual([304, 0]);
    });
    const first = await user.get(path);
    await eventually(async () => {
      const later = await user.get(path, { 'if-none-match': first.headers.get('etag') ?? '' });
      expect(later.status).toBe(200);
      expect(later.headers.get('etag')).not.toBe(first.headers.get('etag'));
    });
  });

  it('passes the query on and keeps the type which the desktop says', async () => {
    const jpeg = await user.get(`/api/v1/external-agents/${id}/screenshot?format=jpeg&quality=40`);
    expect([jpeg.status, jpeg.headers.get('content-type')]).toEqual([200, 'image/jpeg']);
    expect(jpeg.bytes.subarray(0, 3).toString('hex')).toBe('ffd8ff');
    const bad = await user.get(`/api/v1/external-agents/${id}/screenshot?format=tiff`);
    expect([bad.status, bad.body['code']]).toEqual([400, 'INVALID_REQUEST']);
  });

  it('reads and writes the clipboard, and says empty with an empty body', async () => {
    const path = `/api/v1/external-agents/${id}/clipboard`;
    expect((await user.get(path)).bytes.length).toBe(0);
    const written = await user.post(path, { type: 'text', data: 'grüße 👋' });
    expect([written.status, written.bytes.length]).toEqual([200, 0]);
    expect((await user.get(path)).body).toEqual({ type: 'text', data: 'grüße 👋' });
    for (const wrong of ['{"type":"text"}', '[]', 'nonsense', '{"type":"file","data":""}']) {
      const answer = await user.post(path, wrong);
      expect([answer.status, answer.body['code']]).toEqual([400, 'INVALID_REQUEST']);
    }
    const large = await user.post(path, { type: 'text', data: 'x'.repeat(21 * 1024 * 1024) });
    expect([large.status, large.body['code']]).toEqual([413, 'CLIPBOARD_TOO_LARGE']);
  });

  it('is the same session when it is created again, from many callers at once', async () => {
    const before = (await host.desktops()).length;
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => user.post('/api/v1/external-agents', { session_id: id, name: 'Again' })),
    );
    expect(answers.map((answer) => [answer.status, answer.body['session_id']])).toEqual(answers.map(() => [200, id]));
    expect((await host.desktops()).length).toBe(before);
  });

  it('is started once when many ask for a new id at once', async () => {
    const fresh = 'ses_01kata7wrce3cd5j3hg5ttvjw6';
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => user.post('/api/v1/external-agents', { session_id: fresh })),
    );
    expect(answers.map((answer) => answer.status)).toEqual(answers.map(() => 200));
    expect(new Set(answers.map((answer) => answer.body['wolf_lobby_id'])).size).toBe(1);
    expect((await host.desktops()).filter((desktop) => desktop.sessionId === fresh)).toHaveLength(1);
    await user.delete(`/api/v1/external-agents/${fresh}`);
  });

  it('is decided by its owner’s key and the operator, never by a body', async () => {
    const refused: readonly [Record<string, unknown>, string][] = [
      [{ env: ['HELIX_SESSION_ID=ses_01kata7wrce3cd5j3hg5ttvjw6'] }, 'HELIX_SESSION_ID'],
      [{ env: ['helix_api_url=http://elsewhere'] }, 'helix_api_url'],
      [{ env: ['USER_API_TOKEN=mine'] }, 'USER_API_TOKEN'],
      [{ env: ['LD_PRELOAD=/x.so'] }, 'LD_PRELOAD'],
      [{ image: 'another/image:latest' }, 'image'],
      [{ session_id: '../../etc' }, 'session_id'],
    ];
    for (const [body, name] of refused) {
      const answer = await user.post('/api/v1/external-agents', body);
      expect([answer.status, answer.body['code']]).toEqual([400, 'INVALID_REQUEST']);
      expect(answer.body['message']).toContain(name);
    }
    const created = await user.post('/api/v1/external-agents', {
      session_id: '',
      helix_session_id: '',
      name: '',
      gpu_vendor: '',
      spec_task_id: null,
      user_id: 'mallory',
      owner: 'mallory',
      wolf_instance_id: 'elsewhere',
      work_dir: '/etc',
      project_path: '/root',
      mounts: ['/:/host'],
      input: 'hi',
    });
    expect([created.status, created.body['wolf_instance_id']]).toEqual([200, 'us-east-1']);
    const made = String(created.body['session_id']);
    expect((await user.get(`/api/v1/sessions/${made}`)).body).toMatchObject({ owner: 'alice' });
    expect((await host.desktop(made)).image).toBe('helix-sway:simulated');
    await user.delete(`/api/v1/external-agents/${made}`);
  });

  it("belongs to its owner: another's create with the same id is refused", async () => {
    const other = await plane.user('mallory');
    const answer = await other.post('/api/v1/external-agents', { session_id: id });
    expect([answer.status, answer.body['code']]).toEqual([403, 'SESSION_FORBIDDEN']);
  });

  it('gives its desktop a token that opens the desktop’s own link and nothing else', async () => {
    const desktop = await host.desktop(id);
    const environ = await readEnvironment(desktop.agentPid);
    const token = environ['USER_API_TOKEN'] ?? '';
    expect(token).toMatch(/^hls-/);
    expect(environ).toMatchObject({
      HELIX_SESSION_ID: id,
      HELIX_API_URL: plane.url,
      HELIX_API_BASE_URL: plane.url,
      EDITOR: 'vi',
    });
    expect(JSON.stringify(environ)).not.toContain(plane.runnerToken);
    const asDesktop = plane.as(token);
    expect((await asDesktop.get('/api/v1/sessions')).status).toBe(403);
    expect((await asDesktop.get(`/api/v1/external-agents/${id}/screenshot`)).status).toBe(403);
    expect((await asDesktop.get('/api/v1/revdial?runnerid=wolf-us-east-1')).status).toBe(400);
    expect((await asDesktop.get('/api/v1/revdial?runnerid=sandbox-ses_01kata7wrce3cd5j3hg5ttvjw7')).status).toBe(403);
  });

  it('shows admins every runner with what it belongs to', async () => {
    const runners = await plane.runners();
    expect(runners.map((runner) => runner['id'])).toEqual([`sandbox-${id}`, 'wolf-us-east-1']);
    expect(runners[0]).toMatchObject({
      kind: 'sandbox',
      session_id: id,
      state: 'connected',
      principal: `session:${id}`,
      in_grace: false,
      open_streams: expect.any(Number) as number,
      bytes_in: expect.any(Number) as number,
    });
    expect(runners[1]).toMatchObject({ kind: 'wolf', wolf_instance_id: 'us-east-1', principal: 'runner' });
    expect(Number(runners[0]?.['bytes_in'])).toBeGreaterThan(600_000);
    const instances = await plane.admin.get('/api/v1/wolf-instances');
    expect(instances.body).toMatchObject([
      { id: 'us-east-1', status: 'online', gpu_vendor: 'nvidia', connected_sandboxes: 1 },
    ]);
  });

  it('keeps secrets out of the logs of API and host, at the finest level', () => {
    const lines = [...plane.api.lines, ...host.process.lines].join('\n');
    expect(lines).toContain(id);
    for (const secret of [plane.runnerToken, plane.admin.key ?? '', user.key ?? '', 'hls-', 'access_token=']) {
      expect(lines).not.toContain(secret);
    }
    expect(lines).not.toMatch(/"(?:pin|lobby_?pin)"/i);
  });

  it('never asks Wolf for anything that harms it', async () => {
    expect(await host.wolf()).toMatchObject({ uncaughtExceptionCount: 0, suspectIdCount: 0 });
  });

  it('a stop frees the slot, the token and the link; a second stop succeeds', async () => {
    const desktop = await host.desktop(id);
    const token = (await readEnvironment(desktop.agentPid))['USER_API_TOKEN'] ?? '';
    const stopped = await user.delete(`/api/v1/sessions/${id}/stop-external-agent`);
    expect([stopped.status, stopped.body]).toEqual([200, { message: 'external Zed agent stopped', session_id: id }]);
    const again = await user.delete(`/api/v1/external-agents/${id}`);
    expect([again.status, again.body['message']]).toEqual([200, 'External agent stopped successfully']);
    expect((await plane.admin.get('/api/v1/wolf-instances')).body).toMatchObject([{ connected_sandboxes: 0 }]);
    expect((await plane.runners()).map((runner) => runner['id'])).toEqual(['wolf-us-east-1']);
    expect((await plane.as(token).get(`/api/v1/revdial?runnerid=sandbox-${id}`)).status).toBe(401);
    expect(await host.desktops()).toEqual([]);
    const picture = await user.get(`/api/v1/external-agents/${id}/screenshot`);
    // The last one, and it says so.
    expect([picture.status, picture.headers.get('x-paused-screenshot')]).toEqual([200, 'true']);
    const clipboard = await user.get(`/api/v1/external-agents/${id}/clipboard`);
    expect([clipboard.status, clipboard.body['code']]).toEqual([404, 'NO_DESKTOP']);
    const created = await user.post('/api/v1/external-agents', { session_id: id });
    expect([created.status, created.body['code']]).toEqual([409, 'SESSION_WRONG_STATE']);
  });
});

/** The environment of a process of this machine. */
async function readEnvironment(pid: number): Promise<Readonly<Record<string, string>>> {
  const { readFile } = await import('node:fs/promises');
  const text = await readFile(`/proc/${String(pid)}/environ`, 'utf8');
  return Object.fromEntries(
    text.split('\0').map((entry) => [entry.split('=', 1)[0] ?? '', entry.slice(entry.indexOf('=') + 1)]),
  );
}
