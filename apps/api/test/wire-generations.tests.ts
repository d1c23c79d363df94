import type { SessionId } from '@helix/external-agent';
import { runnerIdOf, RunnerPresence } from '@helix/revdial';
import { ScriptedService, type TestRunner } from '@helix/revdial/testing';
import { eventually } from '@helix/pacing/testing';
import type { RestClient } from '../../../test/support/rest-client.js';
import { ApiInProcess } from './support/api-in-process.js';
import { startDesktop } from './support/desktop.js';
import type { WireOptions } from './support/simulated-host.js';
import { MOONLIGHT_SECRET, StreamingHost } from './support/streaming-host.js';
import { ViewerSocket } from './support/viewer-socket.js';

/** A chunk of a picture is 64 KiB at most on any of these wires; this is some of them. */
const PICTURE = Buffer.alloc(300_000, 'a picture ');
const FILE = 'x'.repeat(200_000);

/**
 * What the API does for hosts and desktops is the same over every wire that their agents speak. All other tests go over what our agent
 * speaks by itself, generation 3 on an upgraded socket.
 */
describe.each<readonly [string, WireOptions, string]>([
  ['generation 1', { generation: 1 }, 'hijack'],
  ['generation 2', { generation: 2 }, 'websocket'],
  ['generation 3', { generation: 3 }, 'mux'],
  ['generation 3 over a WebSocket', { generation: 3, carrier: 'mux-websocket' }, 'mux-websocket'],
])('over %s', (_generation, wire, transport) => {
  let api: ApiInProcess;
  let host: StreamingHost;
  let ownerKey: string;
  let owner: RestClient;
  let id: SessionId;
  let service: ScriptedService;
  let desktop: TestRunner;

  const base = (): string => `/api/v1/external-agents/${id}`;
  const stateOfDesktop = (): string | undefined =>
    api.api.app.get(RunnerPresence).find(runnerIdOf('sandbox', id))?.state;

  const connectDesktop = async (): Promise<void> => {
    desktop = await startDesktop(api.url, id, host.host.desktopToken(id), { service: service.handle, wire });
    await eventually(async () => {
      expect((await owner.get(base())).body['desktop_connected']).toBe(true);
    });
  };

  beforeAll(async () => {
    api = await ApiInProcess.start({ MOONLIGHT_CREDENTIALS: MOONLIGHT_SECRET, RUNNER_GRACE_MS: '3000' });
    host = await StreamingHost.connect(api, 'gpu-1', wire);
    ownerKey = await api.userKey('owner');
    owner = api.as(ownerKey);
    id = (await owner.post('/api/v1/external-agents', { name: 'desk' })).body['session_id'] as SessionId;
    service = new ScriptedService();
    service.answers(200, 'image/png', PICTURE);
    await connectDesktop();
  });
  afterAll(async () => {
    await desktop.close();
    await host.close();
    await api.close();
  });

  it('links a host and a desktop', async () => {
    const admin = api.as(await api.userKey('root', true));
    const { runners } = (await admin.get('/api/v1/admin/runners')).body as {
      runners: { id: string; transport?: string }[];
    };
    const links = runners.map((runner) => [runner.id, runner.transport]);
    expect(links.sort()).toEqual([
      ['moonlight-gpu-1', transport],
      [`sandbox-${id}`, transport],
      ['wolf-gpu-1', transport],
    ]);
  });

  it('shows a screenshot', async () => {
    const shot = await owner.get(`${base()}/screenshot`);
    expect([shot.status, shot.bytes.equals(PICTURE)]).toEqual([200, true]);
  });

  it('uploads a file', async () => {
    service.answers(200, 'application/json', '{"path":"/in/notes.txt","size":200000,"filename":"notes.txt"}');
    const form = new FormData();
    form.set('file', new File([FILE], 'notes.txt'));
    const headers = { authorization: `Bearer ${ownerKey}` };
    const uploaded = await fetch(`${api.url}${base()}/upload`, { method: 'POST', headers, body: form });
    expect([uploaded.status, await uploaded.json()]).toEqual([
      200,
      { path: '/in/notes.txt', size: FILE.length, filename: 'notes.txt' },
    ]);
    expect(service.asked.at(-1)?.body).toContain(FILE);
  });

  it('carries the signalling of a stream', async () => {
    const viewer = await ViewerSocket.open(`${api.url}/api/v1/sessions/${id}/stream`, ownerKey);
    try {
      await viewer.untilConnected();
      expect(host.moonlight.status().inits.at(-1)).toMatchObject({ credentialsOk: true, mode: 'create' });
    } finally {
      viewer.close();
    }
    await eventually(() => {
      expect(host.streamCount).toBe(0);
    });
  });

  it('lets a request wait for a desktop that comes back within its grace', async () => {
    service.answers(200, 'image/png', PICTURE);
    await desktop.close();
    await eventually(() => {
      expect(stateOfDesktop()).toBe('grace');
    });
    const shot = owner.get(`${base()}/screenshot?quality=2`);
    await connectDesktop();
    expect((await shot).status).toBe(200);
  });

  it('refuses requests once a disconnected desktop stayed away for its grace', async () => {
    await desktop.close();
    await eventually(() => {
      expect(stateOfDesktop()).toBeUndefined();
    });
    const shot = await owner.get(`${base()}/clipboard`);
    expect([shot.status, shot.body['code']]).toEqual([503, 'RUNNER_NOT_CONNECTED']);
    expect((await owner.get(base())).body['desktop_connected']).toBe(false);
  });
});
