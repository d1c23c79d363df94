import type { SessionId } from '@helix/external-agent';
import { runnerIdOf, RunnerPresence } from '@helix/revdial';
import type { TestRunner } from '@helix/revdial/testing';
import { eventually } from '@helix/pacing/testing';
import type { RestClient } from '../../../test/support/rest-client.js';
import { ApiInProcess } from './support/api-in-process.js';
import { startDesktop } from './support/desktop.js';
import { SessionSocket } from './support/session-socket.js';
import { SimulatedHost } from './support/simulated-host.js';
import { TcpRelay } from './support/tcp-relay.js';

const STREAM = '10594003729173467913';
const GRACE_MS = 4_000;

describe('what is told of a session while it lives', () => {
  let api: ApiInProcess;
  let relay: TcpRelay;
  let host: SimulatedHost;
  let owner: RestClient;
  let sockets: SessionSocket[] = [];
  let desktops: TestRunner[] = [];

  beforeAll(async () => {
    api = await ApiInProcess.start({ RUNNER_GRACE_MS: String(GRACE_MS), HOST_LOST_AFTER_MS: '200' });
    const { hostname, port } = new URL(api.url);
    // What runs at the customer's comes through a network that can fail.
    relay = await TcpRelay.start({ host: hostname, port: Number(port) });
    host = await SimulatedHost.connect(api, 'gpu-1', { url: relayUrl() });
    owner = api.as(await api.userKey('owner'));
  });
  afterEach(async () => {
    relay.mode = 'open';
    for (const socket of sockets) socket.close();
    await Promise.all(desktops.map((desktop) => desktop.close()));
    [sockets, desktops] = [[], []];
  });
  afterAll(async () => {
    await host.close();
    await relay.close();
    await api.close();
  });

  function relayUrl(): string {
    return `http://127.0.0.1:${String(relay.port)}`;
  }

  /** As soon as there is a host: a test before this one may have cut it off. */
  const create = async (): Promise<SessionId> =>
    await eventually(async () => {
      const { status, body } = await owner.post('/api/v1/external-agents', { name: 'desk' });
      expect(status).toBe(200);
      return body['session_id'] as SessionId;
    });

  const connectDesktop = async (id: SessionId): Promise<void> => {
    desktops.push(await startDesktop(relayUrl(), id, host.desktopToken(id)));
    await eventually(async () => {
      expect(await stateOf(id)).toMatchObject({ desktop_connected: true });
    });
  };

  const watch = async (id: SessionId): Promise<SessionSocket> => {
    const socket = await SessionSocket.open(api.url, id, { authorization: `Bearer ${owner.key ?? ''}` });
    sockets.push(socket);
    return socket;
  };

  const stateOf = async (id: SessionId): Promise<Record<string, unknown>> =>
    (await owner.get(`/api/v1/sessions/${id}/wolf-app-state`)).body;

  it('follows a desktop from start to end, pushed and polled alike', async () => {
    const id = await create();
    const page = await watch(id);
    const told = async (expected: Record<string, unknown>, state: string): Promise<void> => {
      await page.until(expected);
      expect(await stateOf(id)).toMatchObject({ session_id: id, state, client_unique_id: `helix-agent-${id}` });
    };
    await told({ state: 'running', app_state: 'resumable', reachability: 'desktop-away' }, 'resumable');
    await connectDesktop(id);
    await told({ app_state: 'resumable', reachability: 'connected', desktop_connected: true, viewers: 0 }, 'resumable');
    host.wolf.launchSession({ clientId: STREAM, clientUniqueId: `helix-agent-${id}-tab` });
    await told({ app_state: 'running', viewers: 1 }, 'running');
    expect(await stateOf(id)).toMatchObject({ has_websocket: true, viewers: 1, reachable: true });
    await owner.delete(`/api/v1/sessions/${id}/stop-external-agent`);
    await told({ state: 'stopped', app_state: 'absent', reachability: null }, 'absent');
    expect(host.wolf.sessionIds).toEqual([]);
    const states = page.updates.map(({ session }) => session['state']);
    expect(states.filter((state, index) => state !== states[index - 1])).toEqual(['running', 'stopping', 'stopped']);
    // Nothing but what happened is told: two looks that are alike are one.
    expect(page.updates.length).toBeLessThan(15);
  });

  it('says within moments that a desktop has gone silent, and that it is back', async () => {
    const id = await create();
    await connectDesktop(id);
    const page = await watch(id);
    await page.until({ reachability: 'connected' });
    // It is known to answer once it has.
    await eventually(async () => {
      const runner = api.api.app.get(RunnerPresence).find(runnerIdOf('sandbox', id));
      expect(runner).toMatchObject({ state: 'connected', stats: { roundTripMs: expect.any(Number) as unknown } });
    });
    relay.mode = 'silent';
    const silentAt = performance.now();
    await page.until({ reachability: 'unstable' }, 10_000);
    expect(performance.now() - silentAt).toBeGreaterThan(1_000);
    // Its last state is kept: it is not offered to be started a second time.
    expect(await stateOf(id)).toMatchObject({ state: 'resumable' });
    relay.mode = 'open';
    await page.until({ reachability: 'connected', state: 'running' });
    await owner.delete(`/api/v1/sessions/${id}/stop-external-agent`);
  });

  it('counts down a lost host’s grace and never calls its desktop absent', async () => {
    const id = await create();
    await connectDesktop(id);
    const page = await watch(id);
    await page.until({ reachability: 'connected' });
    relay.mode = 'cut';
    await page.until({ reachability: 'host-reconnecting' });
    expect(await stateOf(id)).toMatchObject({
      state: 'resumable',
      reachable: false,
      reachability: 'host-reconnecting',
    });
    await page.until({ reachability: 'host-lost' });
    const seconds = page.updates.flatMap(({ session }) => session['seconds_left'] ?? []);
    expect(seconds.length).toBeGreaterThan(1);
    expect(seconds).toEqual([...seconds].sort((one, other) => Number(other) - Number(one)));
    expect(await stateOf(id)).toMatchObject({ state: 'resumable', reachable: false, reachability: 'host-lost' });
    expect((await owner.get(`/api/v1/external-agents/${id}`)).body).toMatchObject({ reachability: 'host-lost' });
    // Told when the host counts as lost: until when its sessions wait for it.
    await page.until({ state: 'running', reason: { code: 'HOST_LOST' }, seconds_left: expect.any(Number) }, 10_000);
    expect((await owner.get(`/api/v1/sessions/${id}`)).body).toMatchObject({
      on_host_lost: 'fail',
      host_lost: { deadline: expect.stringMatching(/^20/) as string, left_ms: expect.any(Number) as number },
    });
    relay.mode = 'open';
    await page.until({ reachability: 'connected', state: 'running', reason: null }, 10_000);
    await owner.delete(`/api/v1/sessions/${id}/stop-external-agent`);
  });

  it('tells pages on every replica of what happens on one', async () => {
    const id = await create();
    const replica = await api.startReplica();
    try {
      const page = await SessionSocket.open(replica.url, id, { authorization: `Bearer ${owner.key ?? ''}` });
      sockets.push(page);
      await owner.send('PUT', `/api/v1/sessions/${id}`, { name: 'renamed' });
      await page.until({ name: 'renamed' }, 3_000);
      await owner.delete(`/api/v1/sessions/${id}/stop-external-agent`);
      await page.until({ state: 'stopped' }, 3_000);
    } finally {
      await replica.close();
    }
    await sockets.at(-1)?.untilClosed(1001);
  });

  describe('the WebSocket', () => {
    let id: SessionId;
    beforeAll(async () => {
      id = await create();
    });

    it.each([
      ['no token', {}, 401],
      ['an unknown key', { authorization: 'Bearer hl-this-key-is-unknown-0123456789' }, 401],
    ])('is refused before any upgrade to %s', async (_who, headers, status) => {
      expect(await SessionSocket.refusal(api.url, `session_id=${id}`, headers)).toMatchObject({ status });
    });

    it('is refused to others, to hosts, for no session and for one that is not there', async () => {
      const other = { authorization: `Bearer ${await api.userKey('other')}` };
      const mine = { authorization: `Bearer ${owner.key ?? ''}` };
      const desktop = { authorization: `Bearer ${host.desktopToken(id)}` };
      const statusOf = async (query: string, headers: Record<string, string>): Promise<number> =>
        (await SessionSocket.refusal(api.url, query, headers)).status;
      expect(await statusOf(`session_id=${id}`, other)).toBe(403);
      expect(await statusOf(`session_id=${id}`, desktop)).toBe(403);
      expect(await statusOf('', mine)).toBe(400);
      expect(await statusOf('session_id=ses_01kata7wrce3cd5j3hg5ttvjw6', mine)).toBe(404);
      expect(await statusOf('session_id=nonsense', mine)).toBe(404);
    });

    it('takes the cookie of a page of ours, and not of another site', async () => {
      const cookie = `access_token=${owner.key ?? ''}`;
      const ours = { cookie, origin: api.url };
      sockets.push(await SessionSocket.open(api.url, id, ours));
      const theirs = { cookie, origin: 'https://evil.example' };
      expect(await SessionSocket.refusal(api.url, `session_id=${id}`, theirs)).toMatchObject({ status: 403 });
      // A page of another site that holds a key sends it itself.
      const withKey = { authorization: `Bearer ${owner.key ?? ''}`, origin: 'https://partner.example' };
      sockets.push(await SessionSocket.open(api.url, id, withKey));
    });

    it('ends when its key is revoked', async () => {
      const keys = api.as(await api.userKey('root', true));
      const made = await keys.post('/api/v1/admin/api-keys', { user_id: 'owner', name: 'short' });
      const secret = String(made.body['key']);
      const page = await SessionSocket.open(api.url, id, { authorization: `Bearer ${secret}` });
      sockets.push(page);
      expect((await keys.delete(`/api/v1/admin/api-keys/${String(made.body['id'])}`)).status).toBeLessThan(300);
      await page.untilClosed(4401);
    });

    it('knows no other path', async () => {
      const { WebSocket } = await import('ws');
      const socket = new WebSocket(`${api.url.replace(/^http/, 'ws')}/api/v1/ws/other`);
      socket.on('error', () => undefined);
      const status = await new Promise((resolve) => {
        socket.once('unexpected-response', (_request, response) => {
          resolve(response.statusCode);
          response.destroy();
        });
      });
      expect(status).toBe(404);
    });

    it('says nothing to what a page sends, and ends with the session’s deletion', async () => {
      const page = await watch(id);
      await page.until({ id });
      await owner.delete(`/api/v1/sessions/${id}`);
      await page.untilClosed(4404);
      expect((await owner.get(`/api/v1/sessions/${id}`)).status).toBe(404);
    });
  });
});
