import type { SessionId } from '@helix/external-agent';
import { eventually } from '@helix/pacing/testing';
import type { RestClient } from '../../../test/support/rest-client.js';
import { ApiInProcess } from './support/api-in-process.js';
import { EventReader } from './support/event-reader.js';
import { ForeignClient } from './support/foreign-client.js';
import { SimulatedHost } from './support/simulated-host.js';

const STREAM = '10594003729173467913';
const EVENTS = '/api/v1/admin/agent-sandboxes/events?wolf_instance_id=gpu-1';
const DEBUG = '/api/v1/admin/agent-sandboxes/debug?wolf_instance_id=gpu-1';

describe('/api/v1/admin/agent-sandboxes and /api/v1/admin/wolf', () => {
  let api: ApiInProcess;
  let host: SimulatedHost;
  let admin: RestClient;
  let owner: RestClient;
  let foreign: ForeignClient;

  beforeAll(async () => {
    api = await ApiInProcess.start({ RUNNER_GRACE_MS: '200' });
    host = await SimulatedHost.connect(api, 'gpu-1');
    foreign = new ForeignClient(host.wolf.socketPath);
    admin = api.as(await api.userKey('root', true));
    owner = api.as(await api.userKey('owner'));
  });
  afterAll(async () => {
    await host.close();
    await api.close();
  });

  async function session(): Promise<{ readonly id: SessionId; readonly lobbyId: string; readonly pin: string }> {
    const created = await owner.post('/api/v1/external-agents', { input: 'x' });
    expect(created.status).toBe(200);
    const rows: { id: SessionId; lobby_id: string; lobby_pin: string }[] = await api.dataSource.query(
      `SELECT id, lobby_id, lobby_pin FROM sessions WHERE state = 'running' ORDER BY id DESC LIMIT 1`,
    );
    const [row] = rows;
    if (row === undefined) throw new Error('no session runs');
    return { id: row.id, lobbyId: row.lobby_id, pin: row.lobby_pin };
  }

  async function stateOf(id: SessionId): Promise<string | undefined> {
    const rows: { state: string }[] = await api.dataSource.query(`SELECT state FROM sessions WHERE id = $1`, [id]);
    return rows[0]?.state;
  }

  function removeLobby(lobbyId: string): ReturnType<RestClient['delete']> {
    return admin.delete(`/api/v1/admin/wolf/lobbies/${lobbyId}?wolf_instance_id=gpu-1`);
  }

  it('shows all that stands on a host, without PINs and environments', async () => {
    const { id, lobbyId, pin } = await session();
    host.wolf.launchSession({ clientId: STREAM, clientUniqueId: `helix-agent-${id}-tab` });
    await foreign.join(lobbyId, STREAM, pin);
    await eventually(async () => {
      const { status, body, bytes } = await admin.get(DEBUG);
      expect(status).toBe(200);
      expect(body).toMatchObject({
        memory: {
          success: true,
          apps: [{ app_id: '134906179', app_name: 'Select Agent' }],
          lobbies: [{ lobby_id: lobbyId, resolution: '1920x1080@60', client_count: 1 }],
          clients: [{ session_id: STREAM, lobby_id: lobbyId, app_id: '134906179' }],
        },
        apps: [{ id: '134906179', title: 'Select Agent' }],
        lobbies: [{ id: lobbyId, started_by_profile_id: 'helix-sessions', multi_user: true }],
        sessions: [
          {
            session_id: STREAM,
            client_unique_id: `helix-agent-${id}-tab`,
            lobby_id: lobbyId,
            idle_seconds: expect.any(Number),
            display_mode: { width: 1920, height: 1080, refresh_rate: 60 },
          },
        ],
        moonlight_clients: [{ session_id: STREAM, mode: 'join', has_websocket: true }],
        wolf_mode: 'lobbies',
        gpu_stats: { available: true, encoder_average_fps: 60, query_duration_ms: 74 },
        gstreamer_pipelines: { producer_pipelines: 2, consumer_pipelines: 2, total_pipelines: 4 },
      });
      expect(body).not.toHaveProperty('errors');
      expect(bytes.toString()).not.toMatch(/"pin"|aes|USER_API_TOKEN|hl-/);
    });
    await admin.delete(`/api/v1/admin/wolf/sessions/${STREAM}?wolf_instance_id=gpu-1`);
    await removeLobby(lobbyId);
  });

  it('shows the parts that can be read when others cannot, and says which', async () => {
    host.wolf.faults.answer = { kind: 'empty', path: '/api/v1/system/memory' };
    await eventually(async () => {
      const { status, body } = await admin.get(DEBUG);
      expect([status, body['memory'], body['errors']]).toEqual([200, null, { memory: 'WOLF_EMPTY_ANSWER' }]);
      expect(body['apps']).toHaveLength(1);
    });
    host.wolf.faults.answer = undefined;
  });

  it('wants to know which host, and tells which there are', async () => {
    const { status, body } = await admin.get('/api/v1/admin/agent-sandboxes/debug');
    expect([status, body['message']]).toEqual([400, 'wolf_instance_id is required: one of gpu-1']);
    expect((await admin.get('/api/v1/admin/agent-sandboxes/events?wolf_instance_id=nowhere')).status).toBe(404);
  });

  it('streams events by their ids to all who look, from the one subscription that stands anyway', async () => {
    const readers = await Promise.all([1, 2, 3].map(() => EventReader.open(api.url + EVENTS, admin.key)));
    await eventually(() => {
      expect(host.wolf.listenerCount).toBe(1);
    });
    const { lobbyId } = await session();
    host.wolf.launchSession({ clientId: STREAM, clientUniqueId: 'tab' });
    for (const reader of readers) {
      await reader.until((text) => text.includes('session-started'));
      expect(reader.headers.get('content-type')).toBe('text/event-stream');
      expect(reader.text).toContain(`event: lobby-created\ndata: {"type":"lobby-created","lobby_id":"${lobbyId}"}\n\n`);
      expect(reader.text).not.toMatch(/pin|aes|env|TOKEN|runner/);
    }
    for (const reader of readers.slice(1)) reader.leave();
    host.wolf.askToPair('10.0.0.9');
    await readers[0]?.until((text) => text.includes('"client_ip":"10.0.0.9"'));
    readers[0]?.leave();
    expect(host.wolf.listenerCount).toBe(1);
    await admin.delete(`/api/v1/admin/wolf/sessions/${STREAM}?wolf_instance_id=gpu-1`);
    await removeLobby(lobbyId);
  });

  it('says when events may have been missed', async () => {
    const reader = await EventReader.open(api.url + EVENTS, admin.key);
    await eventually(() => {
      expect(host.wolf.listenerCount).toBe(1);
    });
    host.wolf.cutEvents();
    await reader.until((text) => text.includes('event: lost\ndata: {"code":"WOLF_EVENTS_ENDED"}\n\n'));
    reader.leave();
  });

  it('takes so many streams and no more', async () => {
    const readers = await Promise.all(Array.from({ length: 64 }, () => EventReader.open(api.url + EVENTS, admin.key)));
    const { status, body } = await admin.get(EVENTS);
    expect([status, body['code']]).toEqual([503, 'BUSY']);
    for (const reader of readers) reader.leave();
    await eventually(async () => {
      const next = await EventReader.open(api.url + EVENTS, admin.key);
      next.leave();
      expect(next.status).toBe(200);
    });
  });

  it('stops the desktop of a session as its owner would', async () => {
    const { id, lobbyId } = await session();
    const { status, bytes } = await removeLobby(lobbyId);
    expect([status, bytes.length]).toEqual([200, 0]);
    expect(await stateOf(id)).toBe('stopped');
    expect(host.wolf.lobbies).toEqual([]);
    const again = await removeLobby(lobbyId);
    expect([again.status, again.body['code']]).toEqual([404, 'WOLF_UNKNOWN_LOBBY']);
  });

  it('stops what is left over of a session with its PIN, and not the session', async () => {
    const { id, lobbyId, pin } = await session();
    const marker = [`HELIX_SESSION_ID=${id}`];
    const second = await foreign.createLobby(marker, pin);
    // Either may be first: what a host runs is compared with the sessions all the time.
    expect([200, 404]).toContain((await removeLobby(second)).status);
    expect([await stateOf(id), host.wolf.lobbies.map((lobby) => lobby.id)]).toEqual(['running', [lobbyId]]);
    expect((await removeLobby(lobbyId)).status).toBe(200);
    // Of a session that is stopped already.
    const orphan = await foreign.createLobby(marker, pin);
    expect([200, 404]).toContain((await removeLobby(orphan)).status);
    expect(host.wolf.lobbies).toEqual([]);
  });

  it('stops the open lobby of a stranger, and not one whose PIN it does not know', async () => {
    const open = await foreign.createLobby([]);
    expect((await removeLobby(open)).status).toBe(200);
    const locked = await foreign.createLobby([], '0419');
    const refused = await removeLobby(locked);
    expect([refused.status, refused.body['code']]).toEqual([409, 'LOBBY_PIN_UNKNOWN']);
    expect(refused.bytes.toString()).not.toContain('0419');
    const id = await api.runningSession('owner');
    await api.dataSource.query(`UPDATE sessions SET lobby_pin = '7777' WHERE id = $1`, [id]);
    const impostor = await foreign.createLobby([`HELIX_SESSION_ID=${id}`], '1234');
    const refusedToo = await removeLobby(impostor);
    expect([refusedToo.status, refusedToo.body['code']]).toEqual([409, 'LOBBY_PIN_UNKNOWN']);
    expect(await stateOf(id)).toBe('running');
    expect(host.wolf.lobbyCount).toBe(2);
  });

  it('ends a stream, and is content when it is gone', async () => {
    host.wolf.launchSession({ clientId: STREAM });
    const path = `/api/v1/admin/wolf/sessions/${STREAM}?wolf_instance_id=gpu-1`;
    expect((await admin.delete(path)).status).toBe(200);
    expect(host.wolf.sessionIds).toEqual([]);
    expect((await admin.delete(path)).status).toBe(200);
  });

  it.each(['lobbies/x', 'sessions/12abc', 'sessions/-1', 'sessions/99999999999999999999'])(
    'asks Wolf for nothing that is malformed: %s',
    async (target) => {
      const stops = (): readonly number[] =>
        ['/api/v1/lobbies/stop', '/api/v1/sessions/stop'].map((path) => host.wolf.requestCountOf(path));
      // The replica itself may stop what an earlier test has left behind, but not each time.
      await eventually(async () => {
        const before = stops();
        expect((await admin.delete(`/api/v1/admin/wolf/${target}?wolf_instance_id=gpu-1`)).status).toBe(400);
        expect(stops()).toEqual(before);
      });
    },
  );
});

describe('a replica that closes', () => {
  it('ends its streams of events at once', async () => {
    const api = await ApiInProcess.start({ SHUTDOWN_GRACE_MS: '20000' });
    const host = await SimulatedHost.connect(api, 'gpu-1');
    const reader = await EventReader.open(api.url + EVENTS, await api.userKey('root', true));
    const begunAt = performance.now();
    await Promise.all([api.close(), reader.until(() => false)]);
    expect(performance.now() - begunAt).toBeLessThan(10_000);
    await host.close();
  });
});
