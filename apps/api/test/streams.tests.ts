import type { SessionId } from '@helix/external-agent';
import { eventually } from '@helix/pacing/testing';
import type { RestClient } from '../../../test/support/rest-client.js';
import { ApiInProcess } from './support/api-in-process.js';
import { MOONLIGHT_SECRET, StreamingHost } from './support/streaming-host.js';
import { ViewerSocket } from './support/viewer-socket.js';

const SETTINGS = {
  MOONLIGHT_CREDENTIALS: MOONLIGHT_SECRET,
  ALLOWED_ORIGINS: 'https://app.example.com',
  STREAM_VIEWERS_PER_SESSION: '3',
  ICE_TURN_URLS: 'turn:turn.test:3478?transport=udp',
  ICE_TURN_SECRET: 'shared-with-coturn',
  RUNNER_GRACE_MS: '5000',
};

describe('streams of a desktop', () => {
  let api: ApiInProcess;
  let host: StreamingHost;
  let owner: RestClient;
  let ownerKey: string;
  let id: SessionId;
  let viewers: ViewerSocket[] = [];

  beforeAll(async () => {
    api = await ApiInProcess.start(SETTINGS);
    host = await StreamingHost.connect(api, 'gpu-1');
    ownerKey = await api.userKey('owner');
    owner = api.as(ownerKey);
    id = (await owner.post('/api/v1/external-agents', { name: 'desk' })).body['session_id'] as SessionId;
  });
  afterEach(async () => {
    for (const viewer of viewers) viewer.close();
    viewers = [];
    await eventually(() => {
      expect(host.streamCount).toBe(0);
    });
  });
  afterAll(async () => {
    await host.close();
    await api.close();
  });

  const path = (query = '', of: string = id): string => `${api.url}/api/v1/sessions/${of}/stream${query}`;
  const open = async (url = path(), key: string | undefined = ownerKey): Promise<ViewerSocket> => {
    const viewer = await ViewerSocket.open(url, key);
    viewers.push(viewer);
    return viewer;
  };
  const lastInit = () => host.moonlight.status().inits.at(-1);
  const listed = async (): Promise<readonly Readonly<Record<string, unknown>>[]> =>
    (await owner.get(`/api/v1/sessions/${id}/viewers`)).body['viewers'] as Record<string, unknown>[];

  it('connect a viewer named by the server alone, and join them to the lobby', async () => {
    const viewer = await open(path('?viewer=tab-1'));
    await viewer.untilConnected();
    const init = lastInit();
    expect(init).toMatchObject({ credentialsOk: true, mode: 'create', hostId: 0, appId: 134_906_179 });
    expect(init).toMatchObject({ width: 1920, height: 1080, fps: 60 });
    expect(init?.sessionId).toMatch(new RegExp(`^agent-${id}-[0-9a-z]{26}$`));
    expect(init?.clientUniqueId).toMatch(new RegExp(`^helix-agent-${id}-[0-9a-f]{20}$`));
    await eventually(() => {
      expect(host.host.wolf.lobbies[0]?.connectedSessionIds).toHaveLength(1);
    });
    expect(await listed()).toMatchObject([
      {
        user_id: 'owner',
        share_id: null,
        role: 'control',
        state: 'connected',
        quality: { width: 1920, height: 1080, fps: 60, bitrate_kbps: 8000 },
        view_only_enforced: false,
      },
    ]);
  });

  it('give each viewer TURN passwords of their own that expire', async () => {
    const viewer = await open();
    await viewer.until('"WebRtcConfig"');
    const config = viewer.messages.find((message) => message.startsWith('{"WebRtcConfig"')) ?? '';
    const [server] = (
      JSON.parse(config) as {
        WebRtcConfig: { ice_servers: { urls: string[]; username: string; credential: string }[] };
      }
    ).WebRtcConfig.ice_servers;
    expect(server?.urls).toEqual(['turn:turn.test:3478?transport=udp']);
    expect(Number(server?.username.split(':')[0])).toBeGreaterThan(Date.now() / 1000);
    expect(config).not.toContain('shared-with-coturn');
  });

  it('pass descriptions of 5 and 60 KiB as one frame each', async () => {
    const viewer = await open();
    await viewer.untilConnected();
    viewer.describe('answer', 5_000);
    viewer.describe('answer', 60_000);
    viewer.describe('offer', 100);
    const answers = (): number => viewer.messages.filter((message) => message.includes('"ty":"answer"')).length;
    // The last offer is answered only by a host that has borne what came before it.
    await eventually(() => {
      expect(answers()).toBe(2);
    });
    expect(host.moonlight.status().violations).toEqual([]);
  });

  it('are found where Helix’s frontend looks for them', async () => {
    const tab = '0b0c7d1e-2f3a-4b5c-8d6e-7f8091a2b3c4';
    for (const prefix of ['/moonlight/host/stream', '/moonlight/api/host/stream']) {
      const viewer = await open(`${api.url}${prefix}?session_id=agent-${id}-${tab}`);
      await viewer.untilConnected();
      viewer.close();
    }
    const viewer = await open(`${api.url}/moonlight/host/stream?session_id=agent-${id}-${tab}`);
    await viewer.untilConnected();
    // Its page knows only the name that it chose itself.
    const joined = await owner.post(`/api/v1/external-agents/${id}/auto-join-lobby`, {
      client_unique_id: `helix-agent-${id}-${tab}`,
    });
    expect([joined.status, joined.body['success']]).toEqual([200, true]);
  });

  it('are refused before any upgrade, each for its reason', async () => {
    const other = await api.userKey('other');
    const stopped = await api.runningSession('owner');
    await api.dataSource.query(`UPDATE sessions SET state = 'stopped', desired = 'stopped' WHERE id = $1`, [stopped]);
    const missing = 'ses_01kata7wrce3cd5j3hg5ttvjw6';
    const helix = `${api.url}/moonlight/host/stream`;
    const cookie = { cookie: `access_token=${ownerKey}` };
    const refusals = [
      await ViewerSocket.refusal(path()),
      await ViewerSocket.refusal(path(), 'hl-this-key-is-unknown'),
      await ViewerSocket.refusal(path('?share=hs-unknown'), ownerKey),
      await ViewerSocket.refusal(path(), 'runner-token-of-this-test'),
      await ViewerSocket.refusal(path(), await api.sessionToken(id, 'owner')),
      await ViewerSocket.refusal(path(), other),
      await ViewerSocket.refusal(path('', missing), ownerKey),
      await ViewerSocket.refusal(path('', 'x'), ownerKey),
      await ViewerSocket.refusal(helix),
      await ViewerSocket.refusal(helix, ownerKey),
      await ViewerSocket.refusal(`${helix}?session_id=agent-${id}-tab`, other),
      await ViewerSocket.refusal(path('', stopped), ownerKey),
      await ViewerSocket.refusal(path(), undefined, { ...cookie, origin: 'https://evil.example' }),
    ];
    expect(refusals).toEqual([
      [401, 'UNAUTHENTICATED'],
      [401, 'UNAUTHENTICATED'],
      [401, 'UNAUTHENTICATED'],
      [403, 'FORBIDDEN'],
      [403, 'FORBIDDEN'],
      [403, 'FORBIDDEN'],
      [404, 'SESSION_NOT_FOUND'],
      [404, 'SESSION_NOT_FOUND'],
      [401, 'UNAUTHENTICATED'],
      [404, 'SESSION_NOT_FOUND'],
      [403, 'FORBIDDEN'],
      [404, 'NO_DESKTOP'],
      [403, 'FORBIDDEN'],
    ]);
  });

  it('open to our own pages and those of allowed origins, by cookie', async () => {
    for (const origin of ['https://app.example.com', api.url]) {
      const viewer = await ViewerSocket.open(path(), undefined, { cookie: `access_token=${ownerKey}`, origin });
      viewers.push(viewer);
      await viewer.untilConnected();
    }
  });

  it('tell of a host that is not there, and of credentials that it does not take', async () => {
    const elsewhere = await api.runningSession('owner');
    await api.dataSource.query(`UPDATE sessions SET wolf_instance_id = 'gone' WHERE id = $1`, [elsewhere]);
    expect((await ViewerSocket.refusal(path('', elsewhere), ownerKey))[0]).toBe(503);
    host.moonlight.faults.appNotFoundTimes = 1;
    const viewer = await open();
    await viewer.untilClosed(1000);
    expect(viewer.messages.at(-1)).toBe('"AppNotFound"');
  });

  it('let a newer connection of a viewer replace the older one at once', async () => {
    const first = await open(path('?viewer=tab-1'));
    await first.untilConnected();
    const name = lastInit()?.clientUniqueId;
    const second = await open(path('?viewer=tab-1'));
    await first.untilClosed(4000);
    await second.untilConnected();
    expect([second.has('AlreadyStreaming'), lastInit()?.clientUniqueId, host.streamCount]).toEqual([false, name, 1]);
    // A tug of war is given up.
    const outcomes: string[] = [];
    for (let turn = 0; turn < 14; turn += 1) {
      outcomes.push(
        await open(path('?viewer=tab-1')).then(
          () => 'in',
          (error: unknown) => String(error),
        ),
      );
    }
    expect(outcomes.slice(0, 3)).toEqual(['in', 'in', 'in']);
    expect(outcomes.at(-1)).toBe('Error: refused: 503');
  });

  it('are as many as a session may have, and one who leaves makes room', async () => {
    const [first] = [await open(path('?viewer=a')), await open(path('?viewer=b')), await open(path('?viewer=c'))];
    expect(await ViewerSocket.refusal(path('?viewer=d'), ownerKey)).toEqual([503, 'TOO_MANY_VIEWERS']);
    first.close();
    await eventually(async () => {
      await open(path('?viewer=d'));
    });
  });

  it('open to those with whom the session is shared, and end with the share', async () => {
    const shares = `/api/v1/sessions/${id}/shares`;
    const link = (await owner.post(shares, { role: 'view' })).body;
    const grant = (await owner.post(shares, { role: 'control', user_id: 'friend' })).body;
    const friendKey = await api.userKey('friend');
    const guest = await open(path(`?share=${String(link['token'])}`), undefined);
    const friend = await open(path(), friendKey);
    await guest.untilConnected();
    await friend.untilConnected();
    const seen = (await listed()).map(({ user_id, share_id, role }) => [user_id, share_id, role]);
    expect(seen).toEqual(
      expect.arrayContaining([
        [null, link['id'], 'view'],
        ['friend', null, 'control'],
      ]),
    );
    const revokedAtMs = performance.now();
    expect((await owner.delete(`${shares}/${String(link['id'])}`)).status).toBe(204);
    await guest.untilClosed(4403, 2_000);
    expect((guest.closed?.atMs ?? Infinity) - revokedAtMs).toBeLessThan(1_500);
    expect(guest.messages.at(-1)).toBe('{"StageFailed":{"stage":"Proxy","error_code":4403}}');
    expect(friend.closed).toBeUndefined();
    // Less than he came in with is another stream.
    await owner.post(shares, { role: 'view', user_id: 'friend' });
    await friend.untilClosed(4403, 2_000);
    await owner.delete(`${shares}/${String(grant['id'])}`);
    expect(await ViewerSocket.refusal(path(), friendKey)).toEqual([403, 'FORBIDDEN']);
  });

  it('end with the share’s own end', async () => {
    const link = (await owner.post(`/api/v1/sessions/${id}/shares`, { role: 'view' })).body;
    await api.dataSource.query(`UPDATE session_shares SET expires_at = now() + interval '1 second' WHERE id = $1`, [
      link['id'],
    ]);
    const guest = await open(path(`?share=${String(link['token'])}`), undefined);
    await guest.untilClosed(4403, 5_000);
  });

  it('end when the owner sends a viewer away', async () => {
    const viewer = await open();
    await viewer.untilConnected();
    const [entry] = await listed();
    const one = `/api/v1/sessions/${id}/viewers/${String(entry?.['id'])}`;
    expect((await owner.delete(one)).status).toBe(204);
    await viewer.untilClosed(4403);
    expect((await owner.delete(one)).status).toBe(404);
  });

  it('end when the key that opened them is revoked', async () => {
    const made = (await owner.post('/api/v1/api_keys', { name: 'short-lived' })).body;
    const key = String(made['key']);
    const viewer = await open(path(), key);
    await viewer.untilConnected();
    await owner.delete(`/api/v1/api_keys/${String(made['id'])}`);
    await viewer.untilClosed(4401, 8_000);
  });

  it('tell the viewer of a lost link, and accept them as soon as it returns', async () => {
    const viewer = await open(path('?viewer=tab-9'));
    await viewer.untilConnected();
    host.loseLink();
    await viewer.until('Proxy: host reconnecting', 4_000);
    expect(viewer.closed).toBeUndefined();
    expect((await listed())[0]).toMatchObject({ state: 'reconnecting' });
    await host.relink();
    await viewer.untilClosed(4503, 8_000);
    const again = await open(path('?viewer=tab-9'));
    await again.untilConnected();
    expect(again.has('AlreadyStreaming')).toBe(false);
    expect(performance.now() - (viewer.closed?.atMs ?? 0)).toBeLessThan(2_000);
  });

  it('end when the host does not come back in time', async () => {
    const viewer = await open();
    await viewer.untilConnected();
    host.loseLink();
    await viewer.untilClosed(4503, 10_000);
    expect(viewer.messages.at(-1)).toBe('{"StageFailed":{"stage":"Proxy","error_code":4503}}');
    await host.relink();
    await eventually(async () => {
      await open();
    }, 10_000);
  });

  it('count as work of a viewer who may control, once joined, and when reported', async () => {
    const made = [await owner.post('/api/v1/external-agents', {}), await owner.post('/api/v1/external-agents', {})];
    const [reported, watched] = made.map(({ body }) => String(body['session_id']));
    await api.dataSource.query(`UPDATE sessions SET last_activity_at = now() - interval '20 minutes'`);
    expect((await owner.post(`/api/v1/sessions/${String(reported)}/activity`)).status).toBe(204);
    await (await open(path('', watched))).untilConnected();
    await eventually(async () => {
      const rows: { id: string }[] = await api.dataSource.query(
        `SELECT id FROM sessions WHERE last_activity_at > now() - interval '1 minute' ORDER BY id`,
      );
      expect(rows.map((row) => row.id)).toEqual([reported, watched]);
    });
  });

  it('end with 4410 when the session is stopped', async () => {
    const made = await owner.post('/api/v1/external-agents', { name: 'short' });
    const short = String(made.body['session_id']);
    const viewer = await open(path('', short));
    await viewer.untilConnected();
    await owner.delete(`/api/v1/external-agents/${short}`);
    await viewer.untilClosed(4410);
  });
});
