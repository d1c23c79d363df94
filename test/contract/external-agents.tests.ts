import { createSessionId } from '@helix/external-agent';
import { eventually } from '@helix/pacing/testing';
import type { RestAnswer } from '../support/rest-client.js';
import { EXTERNAL_AGENT_ROUTES } from './shapes/external-agents.js';
import { ContractWorld, HOST } from './support/contract-world.js';

const CREATE = 'POST /api/v1/external-agents';
const LIST = 'GET /api/v1/external-agents';
const GET = 'GET /api/v1/external-agents/{id}';
const PUT = 'PUT /api/v1/external-agents/{id}';
const DELETE = 'DELETE /api/v1/external-agents/{id}';
const CONNECTIONS = 'GET /api/v1/external-agents/connections';
const RDP = 'GET /api/v1/external-agents/{id}/rdp';
const STATS = 'GET /api/v1/external-agents/{id}/stats';
const JOIN = 'POST /api/v1/external-agents/{id}/auto-join-lobby';

describe('the contract of external agents', () => {
  let world: ContractWorld;
  /** Asked first, since a viewer who has only just connected is waited for; no fault is put in its way until it is answered. */
  let joinOfNobody: Promise<RestAnswer>;

  beforeAll(async () => {
    world = await ContractWorld.start(EXTERNAL_AGENT_ROUTES);
    joinOfNobody = world.owner.ask(JOIN, { id: await world.session(), body: {} });
  });
  afterEach(() => {
    world.host.wolf.faults.answer = undefined;
  });
  afterAll(async () => {
    await world.close();
  });

  async function refused(body: unknown): Promise<readonly unknown[]> {
    const { status, body: error } = await world.owner.ask(CREATE, { body });
    return [status, error['code']];
  }

  it('tells strangers apart from what is not there', async () => {
    await world.refuseStrangers(await world.session());
  });

  it('makes one id that works everywhere, from what Helix’s clients send', async () => {
    const { status, body } = await world.owner.ask(CREATE, {
      body: {
        session_id: '',
        helix_session_id: null,
        user_id: 'another-user',
        input: 'go',
        env: ['EDITOR=vi'],
        work_dir: '',
        project_path: '/x',
        repository_ids: [],
        display_width: 0,
        unknown_key: { a: 1 },
      },
    });
    const id = String(body['session_id']);
    expect([status, body]).toMatchObject([
      200,
      {
        status: 'running',
        screenshot_url: `/api/v1/external-agents/${id}/screenshot`,
        container_name: `zed-external-${id.slice(4)}`,
        wolf_instance_id: HOST,
        wolf_lobby_id: expect.any(String) as string,
        wolf_lobby_pin: expect.stringMatching(/^\d{4}$/) as string,
        auth_token: '',
      },
    ]);
    expect((await world.owner.ask(GET, { id })).body).toEqual(body);
    expect((await world.admin.ask(GET, { id })).body).not.toHaveProperty('wolf_lobby_pin');
  });

  it('gives the same desktop to its owner who asks again, and to no other user', async () => {
    const session_id = createSessionId();
    const first = await world.owner.ask(CREATE, { body: { session_id } });
    const again = await world.owner.ask(CREATE, { body: { helix_session_id: session_id } });
    expect([again.status, again.body['wolf_lobby_id']]).toEqual([200, first.body['wolf_lobby_id']]);
    const others = await world.other.ask(CREATE, { body: { session_id } });
    expect([others.status, others.body['code']]).toEqual([403, 'SESSION_FORBIDDEN']);
    await world.owner.ask(DELETE, { id: session_id });
    expect(await refused({ session_id })).toEqual([409, 'SESSION_WRONG_STATE']);
  });

  it.each([
    ['a body that is no JSON', '{"input":'],
    ['a short id', { session_id: 'ses_1' }],
    ['a path for an id', { session_id: '../../etc' }],
    ['a variable of the control plane', { env: ['HELIX_API_URL=http://evil.example'] }],
    ['an image that is not allowed', { image: 'evil:latest' }],
    ['a width that is no number', { display_width: 'wide' }],
    ['labels that are a list', { host_labels: ['eu'] }],
    ['a label that is no text', { host_labels: { zone: 1 } }],
    ['a wait that is too long', { queue_seconds: 3_601 }],
    ['another wish for when its host is lost', { on_host_lost: 'wait' }],
  ])('refuses %s', async (_what, body) => {
    expect((await refused(body))[0]).toBe(400);
  });

  it('refuses a body that is too large', async () => {
    expect(await refused({ input: 'x'.repeat(2_000_000) })).toEqual([413, 'PAYLOAD_TOO_LARGE']);
  });

  it('queues a session without a free slot, tells its position, starts it when one is free', async () => {
    await world.setSlots(0);
    const waiting = await world.owner.ask(CREATE, { body: { queue_seconds: 60, on_host_lost: 'restart' } });
    const id = String(waiting.body['session_id']);
    const queue = { position: 1, deadline: expect.stringMatching(/^20/) as string };
    const told = { status: 'queued', reason: { code: 'QUEUED' }, queue, on_host_lost: 'restart' };
    expect([waiting.status, waiting.body]).toMatchObject([202, told]);
    expect((await world.owner.ask(GET, { id })).body).toMatchObject(told);
    await world.setSlots(20);
    // The next create settles those before it.
    await world.session();
    await eventually(async () => {
      const { body } = await world.owner.ask(GET, { id });
      expect(body).toMatchObject({ status: 'running' });
      expect(body).not.toHaveProperty('queue');
    });
    expect(await refused({ host_labels: { zone: 'nowhere' } })).toEqual([503, 'PLACEMENT_NO_MATCHING_LABELS']);
  });

  it('stops as often as one likes', async () => {
    const id = await world.session();
    for (let time = 0; time < 2; time += 1) {
      const { status, body } = await world.owner.ask(DELETE, { id });
      expect([status, body]).toEqual([200, { message: 'External agent stopped successfully', session_id: id }]);
    }
    expect((await world.owner.ask(GET, { id })).body).toMatchObject({ status: 'stopped', desktop_connected: false });
  });

  it('lists what is not stopped, of the caller alone, in pages', async () => {
    const stopped = await world.session({ name: 'listed' });
    await world.owner.ask(DELETE, { id: stopped });
    const older = await world.session({ name: 'listed' });
    const newer = await world.session({ name: 'listed' });
    const ids = async (query: Record<string, string>): Promise<unknown[]> => {
      const { body } = await world.owner.ask(LIST, { query: { search: 'listed', ...query } });
      return (body as unknown as { session_id: string }[]).map(({ session_id }) => session_id);
    };
    expect(await ids({ limit: '1', offset: '5' })).toEqual([newer, older]);
    expect(await ids({ page: '2', page_size: '1' })).toEqual([older]);
    expect((await world.other.ask(LIST)).body).toEqual([]);
    expect((await world.owner.ask(LIST, { query: { page_size: 'x' } })).status).toBe(400);
  });

  it('is not changed by being put', async () => {
    const id = await world.session();
    const before = (await world.owner.ask(GET, { id })).body;
    const put = await world.owner.ask(PUT, { id, body: { last_access: '2026-01-31T12:00:00Z', status: 'stopped' } });
    expect(put.body).toEqual(before);
    expect((await world.owner.ask(PUT, { id, body: { last_access: 'yesterday' } })).status).toBe(400);
  });

  it('shows links and facts as they are, and null for what is not known', async () => {
    const id = await world.session();
    expect((await world.owner.ask(STATS, { id })).body).toMatchObject({
      session_id: id,
      status: 'running',
      pid: null,
      uptime: expect.any(Number) as number,
      link: { connected: false },
    });
    const desktop = await world.desktop(id);
    desktop.answers(200, 'application/json', '{"pid":7,"display":":1","workspace_dir":"/home"}');
    expect((await world.owner.ask(STATS, { id })).body).toMatchObject({
      pid: 7,
      display_num: 1,
      workspace_dir: '/home',
      link: { connected: true },
    });
    expect((await world.owner.ask(CONNECTIONS)).body).toMatchObject([{ session_id: id, status: 'connected' }]);
    expect((await world.admin.ask(CONNECTIONS)).body).toEqual([]);
    const second = { all: 'true', page: '2', page_size: '1' };
    expect((await world.admin.ask(CONNECTIONS, { query: second })).body).toEqual([]);
    expect((await world.owner.ask(CONNECTIONS, { query: { all: 'maybe' } })).status).toBe(400);
    expect((await world.owner.ask(RDP, { id })).body).toEqual({
      session_id: id,
      screenshot_url: `/api/v1/external-agents/${id}/screenshot`,
      stream_url: `/console/sessions/${id}`,
      status: 'running',
      websocket_url: '',
      websocket_connected: false,
    });
  });

  it('puts a viewer into the lobby of his session', async () => {
    const id = await world.session();
    world.host.wolf.launchSession({ clientId: '42', clientUniqueId: `helix-agent-${id}-tab` });
    // The page sends no body at all.
    for (const body of [undefined, {}, { client_unique_id: `helix-agent-${id}-tab` }]) {
      const joined = await world.owner.ask(JOIN, { id, body });
      expect(joined.body).toMatchObject({ success: true, lobby_id: expect.any(String) as string });
    }
    const foreign = { client_unique_id: `helix-agent-${createSessionId()}-tab` };
    expect((await world.owner.ask(JOIN, { id, body: foreign })).status).toBe(400);
    expect((await joinOfNobody).body['code']).toBe('VIEWER_NOT_CONNECTED');
    world.host.wolf.faults.answer = { kind: 'empty' };
    expect((await world.owner.ask(JOIN, { id, body: {} })).status).toBe(502);
    world.host.wolf.faults.answer = undefined;
    await world.owner.ask(DELETE, { id });
    expect((await world.owner.ask(JOIN, { id, body: {} })).body['code']).toBe('NO_DESKTOP');
  });

  it('accepts a desktop that its host cannot start now, and names it', async () => {
    const { wolf } = world.host;
    const before = wolf.requestCountOf('/api/v1/lobbies/create');
    wolf.faults.createDelayMs = 2_000;
    const creating = world.owner.ask(CREATE, { body: {} });
    await eventually(() => {
      expect(wolf.requestCountOf('/api/v1/lobbies/create')).toBe(before + 1);
    });
    // It cannot be told whether there is a lobby, nor can it be taken back.
    wolf.faults.answer = { kind: 'empty' };
    const { status, body } = await creating;
    wolf.faults.createDelayMs = 0;
    expect([status, body['status'], body['reason']]).toMatchObject([202, 'starting', { code: 'START_FAILED' }]);
    const stopping = await world.owner.ask(DELETE, { id: String(body['session_id']) });
    expect(stopping.status).toBe(202);
  });

  it('says when its host cannot start a desktop at all', async () => {
    world.host.wolf.faults.answer = { kind: 'empty-unhandled' };
    expect(await refused({})).toEqual([502, 'START_FAILED']);
  });

  it('says why there is no place for a desktop, each with its own time to wait', async () => {
    expect(await refused({ gpu_vendor: 'amd' })).toEqual([503, 'PLACEMENT_NO_MATCHING_GPU']);
    expect(await refused({ gpu_vendor: ['amd', 'intel'] })).toEqual([503, 'PLACEMENT_NO_MATCHING_GPU']);
    await world.setSlots(0);
    expect(await refused({})).toEqual([503, 'PLACEMENT_ALL_FULL']);
    await world.host.close();
    await eventually(async () => {
      expect(await refused({})).toEqual([503, 'PLACEMENT_ALL_OFFLINE']);
    });
    const forget = await fetch(`${world.api.url}/api/v1/wolf-instances/${HOST}?force=true`, {
      method: 'DELETE',
      headers: { authorization: `Bearer ${world.admin.key ?? ''}` },
    });
    expect(forget.status).toBe(200);
    expect(await refused({})).toEqual([503, 'PLACEMENT_NONE_REGISTERED']);
  });

  it('has shown every answer of its table', () => {
    expect(world.run.unseen).toEqual([]);
  });
});
