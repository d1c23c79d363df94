import { ForeignClient } from '../../apps/api/test/support/foreign-client.js';
import { eventually } from '@helix/pacing/testing';
import { ADMIN_ROUTES } from './shapes/admin.js';
import { ContractWorld, HOST } from './support/contract-world.js';

const DEBUG = 'GET /api/v1/admin/agent-sandboxes/debug';
const EVENTS = 'GET /api/v1/admin/agent-sandboxes/events';
const LOBBY = 'DELETE /api/v1/admin/wolf/lobbies/{id}';
const STREAM = 'DELETE /api/v1/admin/wolf/sessions/{id}';
const RUNNERS = 'GET /api/v1/admin/runners';
const MAKE_KEY = 'POST /api/v1/admin/api-keys';
const KEYS = 'GET /api/v1/admin/api-keys';
const REVOKE = 'DELETE /api/v1/admin/api-keys/{id}';

const STREAM_ID = '10594003729173467913';
const UNKNOWN_LOBBY = '00000000-0000-4000-8000-000000000000';

describe('the contract of admins', () => {
  let world: ContractWorld;

  beforeAll(async () => {
    world = await ContractWorld.start(ADMIN_ROUTES);
  });
  afterAll(async () => {
    await world.close();
  });

  const onHost = { query: { wolf_instance_id: HOST } };

  it('tells strangers apart', async () => {
    await world.refuseStrangers();
  });

  it('shows what stands on a host, GPU card included, and no PIN', async () => {
    const id = await world.session();
    world.host.wolf.launchSession({ clientId: STREAM_ID, clientUniqueId: `helix-agent-${id}-tab` });
    await eventually(async () => {
      const { body, bytes } = await world.admin.ask(DEBUG, onHost);
      expect(body).toMatchObject({
        memory: { lobbies: [{}], clients: [{ session_id: STREAM_ID }], gpu_stats: { available: true } },
        apps: [{ id: '134906179' }],
        lobbies: [{ started_by_profile_id: 'helix-sessions' }],
        sessions: [{ session_id: STREAM_ID, client_unique_id: `helix-agent-${id}-tab` }],
        moonlight_clients: [{ session_id: STREAM_ID, has_websocket: true }],
        wolf_mode: 'lobbies',
        gpu_stats: { available: true },
      });
      expect(bytes.toString()).not.toContain('pin');
    });
  });

  it('streams what happens on a host', async () => {
    const isPairing = (text: string): boolean => text.includes('"client_ip":"10.0.0.9"');
    const heard = world.admin.listen(EVENTS, onHost, isPairing);
    await eventually(() => {
      world.host.wolf.askToPair('10.0.0.9');
      return Promise.race([heard, Promise.reject(new Error('not yet'))]);
    });
    expect(await heard).toMatch(/\n\nevent: [a-z-]+\ndata: \{.*"client_ip":"10\.0\.0\.9".*\}\n\n/);
  });

  it('wants a host that it knows, and ids that Wolf could have', async () => {
    const nowhere = { wolf_instance_id: 'nowhere' };
    for (const [route, id] of [[DEBUG], [EVENTS], [LOBBY, UNKNOWN_LOBBY], [STREAM, STREAM_ID]] as const) {
      expect((await world.admin.ask(route, { id })).status).toBe(400);
      expect((await world.admin.ask(route, { id, query: nowhere })).body['code']).toBe('NOT_FOUND');
    }
    for (const route of [LOBBY, STREAM]) {
      expect((await world.admin.ask(route, { ...onHost, id: '12abc' })).status).toBe(400);
    }
  });

  it('ends streams and lobbies, but none whose PIN it does not know', async () => {
    for (let time = 0; time < 2; time += 1) await world.admin.ask(STREAM, { ...onHost, id: STREAM_ID });
    expect(world.host.wolf.sessionIds).toEqual([]);
    const [lobby] = world.host.wolf.lobbies;
    await world.admin.ask(LOBBY, { ...onHost, id: lobby?.id });
    expect(world.host.wolf.lobbies).toEqual([]);
    const gone = await world.admin.ask(LOBBY, { ...onHost, id: UNKNOWN_LOBBY });
    expect(gone.body['code']).toBe('WOLF_UNKNOWN_LOBBY');
    const locked = await new ForeignClient(world.host.wolf.socketPath).createLobby([], '0419');
    expect((await world.admin.ask(LOBBY, { ...onHost, id: locked })).status).toBe(409);
  });

  it('lists who holds a link, by pages when they are asked for', async () => {
    const id = await world.session();
    await world.desktop(id);
    const runners = [
      { id: `sandbox-${id}`, kind: 'sandbox', session_id: id },
      { id: `wolf-${HOST}`, kind: 'wolf', wolf_instance_id: HOST },
    ];
    expect((await world.admin.ask(RUNNERS)).body).toMatchObject({ runners, total: 2 });
    const second = (await world.admin.ask(RUNNERS, { query: { page: '2', page_size: '1' } })).body;
    expect(second).toMatchObject({ runners: [runners[1]], total: 2 });
    expect(second['runners']).toHaveLength(1);
    expect((await world.admin.ask(RUNNERS, { query: { kind: 'x' } })).status).toBe(400);
  });

  it('makes keys that open, lists them without their secrets, and revokes them', async () => {
    const made = await world.admin.ask(MAKE_KEY, { body: { user_id: 'carol', name: 'laptop' } });
    const { key, ...about } = made.body;
    expect(key).toMatch(/^hl-[A-Za-z0-9_-]{43}$/);
    const listed = await world.admin.ask(KEYS, { query: { page_size: '1' } });
    expect(listed.body).toEqual([about]);
    expect(listed.bytes.toString()).not.toContain(String(key));
    await world.admin.ask(REVOKE, { id: String(about['id']) });
    expect((await world.admin.ask(REVOKE, { id: UNKNOWN_LOBBY })).status).toBe(404);
    expect((await world.admin.ask(KEYS, { query: { page_size: 'x' } })).status).toBe(400);
    for (const body of [{}, { user_id: '' }, { user_id: 'x', expires_at: '2001-01-01T00:00:00Z' }, '{']) {
      expect((await world.admin.ask(MAKE_KEY, { body })).status).toBe(400);
    }
  });

  it('says when a user has as many keys as there may be', async () => {
    const make = async (): Promise<number> =>
      (await world.admin.ask(MAKE_KEY, { body: { user_id: 'collector' } })).status;
    const statuses = await Promise.all(Array.from({ length: 101 }, make));
    expect(statuses.filter((status) => status === 409)).toHaveLength(1);
  });

  it('says when a host is away', async () => {
    const [lobby] = world.host.wolf.lobbies;
    await world.host.close();
    await eventually(async () => {
      for (const [route, id] of [
        [LOBBY, lobby?.id],
        [STREAM, STREAM_ID],
      ] as const) {
        expect((await world.admin.ask(route, { ...onHost, id })).body['code']).toBe('WOLF_UNREACHABLE');
      }
    });
    await eventually(async () => {
      const { body } = await world.admin.ask(DEBUG, onHost);
      expect(body).toMatchObject({ memory: null, sessions: [], errors: { memory: 'WOLF_UNREACHABLE' } });
    });
  });

  it('has shown every answer of its table', () => {
    expect(world.run.unseen).toEqual([]);
  });
});
