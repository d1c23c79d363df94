import { eventually } from '@helix/pacing/testing';
import { SESSION_ROUTES } from './shapes/sessions.js';
import { ContractWorld, HOST } from './support/contract-world.js';

const LIST = 'GET /api/v1/sessions';
const GET = 'GET /api/v1/sessions/{id}';
const PUT = 'PUT /api/v1/sessions/{id}';
const DELETE = 'DELETE /api/v1/sessions/{id}';
const STATE = 'GET /api/v1/sessions/{id}/wolf-app-state';
const IDLE = 'GET /api/v1/sessions/{id}/idle-status';
const RESUME = 'POST /api/v1/sessions/{id}/resume';
const STOP = 'DELETE /api/v1/sessions/{id}/stop-external-agent';

describe('the contract of sessions', () => {
  let world: ContractWorld;

  beforeAll(async () => {
    world = await ContractWorld.start(SESSION_ROUTES);
  });
  afterEach(() => {
    world.host.wolf.faults.answer = undefined;
  });
  afterAll(async () => {
    await world.close();
  });

  it('tells strangers apart from what is not there', async () => {
    await world.refuseStrangers(await world.session());
  });

  it('pages a list, newest first, and takes queries it does not know', async () => {
    const older = await world.session({ name: 'paged older' });
    const newer = await world.session({ name: 'paged newer' });
    const ask = async (query: Record<string, string>): Promise<Record<string, unknown>> =>
      (await world.owner.ask(LIST, { query: { search: 'paged', ...query } })).body;
    expect(await ask({})).toMatchObject({
      sessions: [{ session_id: newer }, { session_id: older }],
      page: 0,
      pageSize: 50,
      totalCount: 2,
      totalPages: 1,
    });
    const second = { sessions: [{ session_id: older }], page: 2, pageSize: 1, totalCount: 2, totalPages: 2 };
    expect(await ask({ page: '2', page_size: '1' })).toMatchObject(second);
    expect(await ask({ page: '3', page_size: '1' })).toMatchObject({ sessions: [], totalCount: 2 });
    // The shared Go client sends these.
    const foreign = { organization_id: 'org_x', offset: '0', limit: '10', question_set_id: '', t: '1' };
    const empty = { page: '', page_size: '', org_id: '', all: '' };
    expect(await ask(foreign)).toMatchObject({ totalCount: 2 });
    expect(await ask(empty)).toMatchObject({ page: 0, pageSize: 50, totalCount: 2 });
    expect((await world.other.ask(LIST)).body).toMatchObject({ sessions: [], totalCount: 0, totalPages: 0 });
    for (const query of [{ page: 'x' }, { page: '-1' }, { page_size: '0' }]) {
      expect((await world.owner.ask(LIST, { query })).status).toBe(400);
    }
  });

  it('has the whole session under config and metadata, and the PIN for its owner alone', async () => {
    const id = await world.session({ name: 'Whole', project_id: 'prj_1', display_width: 2560 });
    const { body } = await world.owner.ask(GET, { id, query: { t: '1' } });
    expect(body).toMatchObject({
      id,
      name: 'Whole',
      owner: 'owner',
      deleted_at: null,
      wolf_instance_id: HOST,
      started_at: expect.stringMatching(/^20/) as string,
      stopped_at: '0001-01-01T00:00:00Z',
      config: {
        agent_type: 'zed_external',
        project_id: 'prj_1',
        external_agent_config: { display_width: 2560 },
        external_agent_status: 'running',
        wolf_lobby_id: world.host.wolf.lobbies.find(({ env }) => env.includes(`HELIX_SESSION_ID=${id}`))?.id,
        wolf_lobby_pin: expect.stringMatching(/^\d{4}$/) as string,
      },
    });
    expect(body['metadata']).toEqual(body['config']);
    const asAdmin = await world.admin.ask(GET, { id });
    expect(asAdmin.bytes.toString()).not.toContain('wolf_lobby_pin');
  });

  it('takes the whole session for a change of its name', async () => {
    const id = await world.session({ name: 'Before' });
    const whole = (await world.owner.ask(GET, { id })).body;
    const changed = await world.owner.ask(PUT, { id, body: { ...whole, name: 'After', owner: 'other' } });
    expect(changed.body).toMatchObject({ id, name: 'After', owner: 'owner' });
    const blank = await world.owner.ask(PUT, { id, body: { name: '', provider: 'x', model_name: 'y' } });
    expect(blank.body).toMatchObject({ name: 'After' });
    expect((await world.owner.ask(PUT, { id, body: { name: 'x'.repeat(201) } })).status).toBe(400);
    expect((await world.owner.ask(PUT, { id, body: '{"name":' })).status).toBe(400);
    expect((await world.owner.ask(PUT, { id, body: { name: 'x'.repeat(2_000_000) } })).status).toBe(413);
  });

  it('says resumable, running and reachable as the lobby, viewers and link do', async () => {
    const id = await world.session();
    expect((await world.owner.ask(STATE, { id })).body).toMatchObject({
      session_id: id,
      wolf_app_id: expect.stringMatching(/^\d{1,9}$/) as string,
      state: 'resumable',
      reachable: false,
      has_websocket: false,
      client_unique_id: `helix-agent-${id}`,
    });
    await world.desktop(id);
    await eventually(async () => {
      const { body } = await world.owner.ask(STATE, { id });
      expect(body).toMatchObject({ state: 'resumable', reachable: true, has_websocket: false });
    });
    world.host.wolf.launchSession({ clientId: '42', clientUniqueId: `helix-agent-${id}-tab` });
    await eventually(async () => {
      const { body } = await world.owner.ask(STATE, { id });
      expect(body).toMatchObject({ state: 'running', has_websocket: true, viewers: 1 });
    });
    // The number is Helix's: the same for each caller.
    const [own, admins] = await Promise.all([world.owner, world.admin].map((caller) => caller.ask(STATE, { id })));
    expect(admins?.body['wolf_app_id']).toBe(own?.body['wolf_app_id']);
  });

  it('lists the container of a desktop that runs, and none of one that was stopped', async () => {
    const id = await world.session();
    const listed = async (): Promise<Record<string, unknown>> => {
      const { body } = await world.owner.ask(LIST);
      const sessions = body['sessions'] as { session_id: string; metadata: Record<string, unknown> }[];
      return sessions.find(({ session_id }) => session_id === id)?.metadata ?? {};
    };
    const { wolf_lobby_id } = (await world.owner.ask(GET, { id })).body['config'] as { wolf_lobby_id: string };
    expect(await listed()).toMatchObject({
      dev_container_id: wolf_lobby_id,
      container_name: `zed-external-${id.slice(4)}`,
      external_agent_status: 'running',
    });
    await world.owner.ask(STOP, { id });
    expect(Object.keys(await listed())).not.toContain('dev_container_id');
  });

  it('leaves zeros and false out of the idle status', async () => {
    const id = await world.session();
    const { body } = await world.owner.ask(IDLE, { id });
    expect(body).toMatchObject({ has_external_agent: true, will_terminate_in: 30 });
    expect(body).not.toHaveProperty('idle_minutes');
    expect(body).not.toHaveProperty('warning_threshold');
    await world.api.dataSource.query(
      `UPDATE sessions SET last_activity_at = now() - interval '7 minutes 1 second' WHERE id = $1`,
      [id],
    );
    await eventually(async () => {
      const later = { has_external_agent: true, idle_minutes: 7, will_terminate_in: 23, warning_threshold: true };
      expect((await world.owner.ask(IDLE, { id })).body).toMatchObject(later);
    });
    await world.owner.ask(STOP, { id });
    expect((await world.owner.ask(IDLE, { id })).body).toEqual({ has_external_agent: false });
  });

  it('stops and resumes, each time as often as one likes', async () => {
    const id = await world.session();
    for (let time = 0; time < 2; time += 1) {
      const { status, body } = await world.owner.ask(STOP, { id });
      expect([status, body]).toEqual([200, { message: 'external Zed agent stopped', session_id: id }]);
    }
    expect((await world.owner.ask(STATE, { id })).body).toMatchObject({ state: 'absent' });
    // Some clients say that nothing is JSON.
    for (const nothing of [undefined, '', '{}']) {
      const { status, body } = await world.owner.ask(RESUME, { id, body: nothing });
      expect([status, body]).toMatchObject([
        200,
        {
          session_id: id,
          status: 'resumed',
          wolf_lobby_pin: expect.stringMatching(/^\d{4}$/) as string,
          screenshot_url: `/api/v1/external-agents/${id}/screenshot`,
        },
      ]);
    }
    // An admin may, and learns no PIN by it (Helix has 401 here).
    expect((await world.admin.ask(RESUME, { id })).body).not.toHaveProperty('wolf_lobby_pin');
  });

  it('accepts what its host cannot do now, and says so', async () => {
    const id = await world.session();
    world.host.wolf.faults.answer = { kind: 'empty-unhandled' };
    const stopping = await world.owner.ask(STOP, { id });
    expect([stopping.status, stopping.body['session_id']]).toEqual([202, id]);
    expect((await world.owner.ask(GET, { id })).body).toMatchObject({ state: 'stopping', desired: 'stopped' });
    world.host.wolf.faults.answer = undefined;
    expect((await world.owner.ask(STOP, { id })).status).toBe(200);
    world.host.wolf.faults.answer = { kind: 'empty-unhandled' };
    const starting = await world.owner.ask(RESUME, { id });
    expect([starting.status, starting.body['status']]).toEqual([202, 'starting']);
    expect((await world.owner.ask(STATE, { id })).body).toMatchObject({ state: 'starting' });
  });

  it('says why a desktop cannot be resumed, and when to ask again', async () => {
    const id = await world.session();
    await world.owner.ask(STOP, { id });
    await world.setSlots(0);
    const { status, body } = await world.owner.ask(RESUME, { id });
    expect([status, body['code']]).toEqual([503, 'PLACEMENT_ALL_FULL']);
    expect((await world.owner.ask(GET, { id })).body).toMatchObject({
      state: 'failed',
      reason: { code: 'PLACEMENT_ALL_FULL' },
    });
    await world.setSlots(20);
    expect((await world.owner.ask(RESUME, { id })).status).toBe(200);
  });

  it('deletes a session with its desktop, and answers as if it had never been', async () => {
    const id = await world.session();
    const { body } = await world.owner.ask(DELETE, { id });
    expect(body).toMatchObject({ id, deleted_at: expect.stringMatching(/^20/) as string });
    expect(world.host.wolf.lobbies.filter(({ env }) => env.includes(`HELIX_SESSION_ID=${id}`))).toEqual([]);
    for (const route of [GET, STATE, IDLE, DELETE]) expect((await world.owner.ask(route, { id })).status).toBe(404);
  });

  it('never calls a desktop absent because its host is away', async () => {
    const id = await world.session();
    await world.desktop(id);
    await world.stopDesktop(id);
    await world.host.close();
    const states = new Set<unknown>();
    await eventually(async () => {
      const { body } = await world.owner.ask(STATE, { id });
      states.add(body['state']);
      expect(body).toMatchObject({ reachable: false, reachability: 'host-lost', desktop_connected: false });
    });
    expect([...states]).toEqual(['resumable']);
    expect((await world.owner.ask(GET, { id })).body).toMatchObject({ state: 'running', app_state: 'resumable' });
  });

  it('has shown every answer of its table', () => {
    expect(world.run.unseen).toEqual([]);
  });
});
