import { createSessionId, type SessionId } from '@helix/external-agent';
import { eventually } from '@helix/pacing/testing';
import type { RestClient } from '../../../test/support/rest-client.js';
import type { ApiInProcess } from './support/api-in-process.js';
import { ServedDesktop } from './support/served-desktop.js';

describe('facts about a desktop over REST', () => {
  let desktop: ServedDesktop;
  let api: ApiInProcess;
  let owner: RestClient;
  let base: string;
  let admin: RestClient;
  let id: SessionId;

  beforeAll(async () => {
    desktop = await ServedDesktop.start();
    ({ api, owner, base, id } = desktop);
    admin = api.as(await api.userKey('root', true));
  });
  beforeEach(() => {
    desktop.forgetAsked();
    desktop.answer = (request, response) => {
      request.resume().on('end', () => response.end('{}'));
    };
  });
  afterAll(async () => {
    await desktop.close();
  });

  it('are what is known, and null for what is not', async () => {
    desktop.answer = (_request, response) =>
      response.end('{"status":"ok","pid":77,"display":":3","workspace_dir":"/home/u/work"}');
    const started = new Date(Date.now() - 60_000);
    await api.dataSource.query('UPDATE sessions SET started_at = $2 WHERE id = $1', [id, started]);
    await eventually(async () => {
      expect((await owner.get(`${base}/stats`)).body['start_time']).toBe(started.toISOString());
    });
    const stats = await owner.get(`${base}/stats`);
    const { round_trip_ms: measured } = stats.body['link'] as { round_trip_ms: unknown };
    expect(measured === null || typeof measured === 'number').toBe(true);
    expect(stats.body).toEqual({
      session_id: id,
      pid: 77,
      start_time: started.toISOString(),
      last_access: expect.stringMatching(/^\d{4}-/) as string,
      uptime: expect.any(Number) as number,
      workspace_dir: '/home/u/work',
      display_num: 3,
      rdp_port: null,
      status: 'running',
      link: {
        connected: true,
        transport: 'mux',
        round_trip_ms: measured,
        streams_open: 1,
        bytes_in: expect.any(Number) as number,
        bytes_out: expect.any(Number) as number,
        last_seen: expect.stringMatching(/^\d{4}-/) as string,
      },
      desktop: { status: 'ok', pid: 77, display: ':3', workspace_dir: '/home/u/work' },
    });
    expect(Number(stats.body['uptime'])).toBeGreaterThan(59);
  });

  it('of a desktop that says nothing, or is away, are those of this side', async () => {
    desktop.answer = (_request, response) => response.writeHead(500).end();
    const silent = (await owner.get(`${base}/stats`)).body;
    expect(silent).toMatchObject({ pid: null, display_num: null, workspace_dir: null, link: { connected: true } });
    expect(silent).not.toHaveProperty('desktop');
    const away = await api.runningSession('owner');
    expect((await owner.get(`/api/v1/external-agents/${away}/stats`)).body).toMatchObject({
      session_id: away,
      uptime: null,
      start_time: null,
      link: { connected: false, transport: null, bytes_in: null, last_seen: null },
    });
  });

  it('say where to see the desktop, and that there is no channel to offer', async () => {
    const view = await owner.get(`${base}/rdp`);
    expect(view.body).toEqual({
      session_id: id,
      screenshot_url: `${base}/screenshot`,
      stream_url: `/console/sessions/${id}`,
      status: 'running',
      websocket_url: '',
      websocket_connected: false,
    });
  });

  it('list the links of the caller’s own desktops, and all for admins who ask', async () => {
    const path = '/api/v1/external-agents/connections';
    const link = {
      session_id: id,
      connected_at: expect.stringMatching(/^\d{4}-/) as string,
      last_ping: expect.stringMatching(/^\d{4}-/) as string,
      status: 'connected',
    };
    expect((await owner.get(path)).body).toEqual([link]);
    const other = api.as(await api.userKey('other'));
    expect((await other.get(`${path}?all=true`)).body).toEqual([]);
    expect((await admin.get(path)).body).toEqual([]);
    expect((await admin.get(`${path}?all=true`)).body).toEqual([link]);
    expect((await admin.get(`${path}?all=true&page=2&page_size=1`)).body).toEqual([]);
    expect((await owner.get(`${path}?all=maybe`)).status).toBe(400);
  });

  it('do not change by being put', async () => {
    const before = (await owner.get(base)).body;
    const put = await owner.send('PUT', base, { last_access: '2026-01-31T12:00:00Z', status: 'stopped' });
    expect([put.status, put.body]).toEqual([200, before]);
    expect((await owner.send('PUT', base)).status).toBe(200);
    expect((await owner.send('PUT', base, { last_access: 'yesterday' })).body['code']).toBe('INVALID_REQUEST');
  });

  it('of a session that does not exist are 404', async () => {
    const unknown = `/api/v1/external-agents/${createSessionId()}`;
    for (const route of ['stats', 'rdp', 'logs']) {
      expect((await owner.get(`${unknown}/${route}`)).body['code']).toBe('SESSION_NOT_FOUND');
    }
  });
});
