import type { SessionId } from '@helix/external-agent';
import type { TestRunner } from '@helix/revdial/testing';
import { eventually } from '@helix/pacing/testing';
import type { RestClient } from '../../../test/support/rest-client.js';
import { ApiInProcess } from './support/api-in-process.js';
import { PICTURE, startDesktop } from './support/desktop.js';
import { SimulatedHost } from './support/simulated-host.js';

describe('the picture of a desktop that is stopped', () => {
  let api: ApiInProcess;
  let host: SimulatedHost;
  let owner: RestClient;
  let id: SessionId;
  let desktop: TestRunner | undefined;

  beforeAll(async () => {
    api = await ApiInProcess.start({ RUNNER_GRACE_MS: '200' });
    host = await SimulatedHost.connect(api, 'gpu-1');
    owner = api.as(await api.userKey('owner'));
  });
  beforeEach(async () => {
    id = (await owner.post('/api/v1/external-agents', {})).body['session_id'] as SessionId;
  });
  afterEach(async () => {
    await desktop?.close();
    desktop = undefined;
  });
  afterAll(async () => {
    await host.close();
    await api.close();
  });

  const connect = async (): Promise<void> => {
    desktop = await startDesktop(api.url, id, host.desktopToken(id));
    await eventually(async () => {
      expect((await owner.get(`/api/v1/external-agents/${id}`)).body['desktop_connected']).toBe(true);
    });
  };
  const stop = (): Promise<unknown> => owner.delete(`/api/v1/sessions/${id}/stop-external-agent`);
  const picture = (): ReturnType<RestClient['get']> => owner.get(`/api/v1/external-agents/${id}/screenshot?t=1`);

  it('is its last, and is gone as soon as it is resumed', async () => {
    await connect();
    await stop();
    const paused = await picture();
    expect([paused.status, paused.headers.get('x-paused-screenshot')]).toEqual([200, 'true']);
    expect(paused.headers.get('content-type')).toBe('image/png');
    expect(paused.headers.get('cache-control')).toContain('no-store');
    expect(paused.headers.get('etag')).toBeNull();
    expect(paused.bytes.equals(PICTURE)).toBe(true);
    await desktop?.close();
    desktop = undefined;
    const resumed = await owner.post(`/api/v1/sessions/${id}/resume`);
    expect(resumed.body).toMatchObject({ session_id: id, status: 'resumed', wolf_lobby_pin: expect.any(String) });
    const booting = await picture();
    expect([booting.status, booting.headers.get('x-paused-screenshot')]).toEqual([503, null]);
    expect(booting.headers.get('retry-after')).not.toBeNull();
    await connect();
    const live = await picture();
    expect([live.status, live.headers.get('x-paused-screenshot')]).toEqual([200, null]);
  });

  it.each([
    ['image/png; x, text/html', 'image/png'],
    ['Image/JPEG', 'image/jpeg'],
    ['text/html', undefined],
    ['image/svg+xml', undefined],
    ['image/png, text/html', undefined],
  ])('kept by the release before as %j leaves as %s', async (kept, type) => {
    await stop();
    await api.dataSource.query(
      `INSERT INTO session_pictures (session_id, content_type, picture, taken_at) VALUES ($1, $2, '<script>', now())`,
      [id, kept],
    );
    const { status, headers } = await picture();
    if (type === undefined) expect(status).toBe(404);
    else expect([status, headers.get('content-type')]).toEqual([200, type]);
    expect(headers.get('content-security-policy')).toBe("sandbox; default-src 'none'");
  });

  it('is none when there never was one, and costs the stop no time', async () => {
    const { status } = await owner.delete(`/api/v1/sessions/${id}/stop-external-agent`);
    expect(status).toBe(200);
    const { status: asked, body } = await picture();
    expect([asked, body['code']]).toEqual([404, 'NO_DESKTOP']);
  });

  it('is refused to other users', async () => {
    await connect();
    await stop();
    const other = api.as(await api.userKey('other'));
    expect((await other.get(`/api/v1/external-agents/${id}/screenshot`)).status).toBe(403);
    expect((await api.as(undefined).get(`/api/v1/external-agents/${id}/screenshot`)).status).toBe(401);
  });

  it('goes with the session', async () => {
    await connect();
    await stop();
    await owner.delete(`/api/v1/sessions/${id}`);
    expect((await picture()).status).toBe(404);
    expect(await api.dataSource.query('SELECT 1 FROM session_pictures WHERE session_id = $1', [id])).toEqual([]);
  });
});
