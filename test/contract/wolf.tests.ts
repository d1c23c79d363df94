import type { SessionId } from '@helix/external-agent';
import { eventually } from '@helix/pacing/testing';
import { WOLF_ROUTES } from './shapes/wolf.js';
import { ContractWorld, HOST, NO_SESSION } from './support/contract-world.js';

const PENDING = 'GET /api/v1/wolf/pairing/pending';
const COMPLETE = 'POST /api/v1/wolf/pairing/complete';
const HEALTH = 'GET /api/v1/wolf/health';
const UI_APP_ID = 'GET /api/v1/wolf/ui-app-id';
const KEYBOARDS = 'GET /api/v1/wolf/keyboard-state';
const RESET = 'POST /api/v1/wolf/keyboard-state/reset';

/** Beyond what a JavaScript number holds. */
const STREAM = '10594003729173467913';
const SHIFT = 0x10;

describe('the contract of wolf/*', () => {
  let world: ContractWorld;
  let id: SessionId;

  beforeAll(async () => {
    world = await ContractWorld.start(WOLF_ROUTES);
    id = await world.session();
    world.host.wolf.launchSession({ clientId: STREAM, clientUniqueId: `helix-agent-${id}-tab` });
    world.host.wolf.launchSession({ clientId: '7', clientUniqueId: 'another' });
  });
  afterEach(() => {
    world.host.wolf.faults.answer = undefined;
  });
  afterAll(async () => {
    await world.close();
  });

  const onHost = { query: { wolf_instance_id: HOST } };

  it('tells strangers apart', async () => {
    await world.refuseStrangers(id);
    for (const route of [KEYBOARDS, UI_APP_ID]) {
      const query = { wolf_instance_id: id, session_id: id };
      expect((await world.other.ask(route, { query })).status).toBe(403);
    }
    expect((await world.owner.ask(KEYBOARDS, onHost)).status).toBe(403);
  });

  it('pairs a client without a host, as the CLI does, and with one, as the page', async () => {
    const secrets = ['10.0.0.1', '10.0.0.2'].map((ip) => world.host.wolf.askToPair(ip));
    for (const query of [{}, { wolf_instance_id: '' }, { wolf_instance_id: HOST }]) {
      const pending = (await world.admin.ask(PENDING, { query })).body;
      expect(pending).toMatchObject(secrets.map((uuid) => ({ uuid, pair_secret: uuid })));
    }
    const [first, second] = secrets;
    await world.admin.ask(COMPLETE, { body: { uuid: first, pin: '0419' } });
    await world.admin.ask(COMPLETE, { ...onHost, body: { pair_secret: second, uuid: '', pin: '1234' } });
    expect(['10.0.0.1', '10.0.0.2'].map((ip) => world.host.wolf.answeredPin(ip))).toEqual(['0419', '1234']);
    const answered = await world.admin.ask(COMPLETE, { ...onHost, body: { uuid: first, pin: '0419' } });
    expect(answered.body['code']).toBe('WOLF_PAIRING_ANSWERED');
    const unknown = await world.admin.ask(COMPLETE, { body: { uuid: first, pin: '0419' } });
    expect(unknown.body['code']).toBe('WOLF_UNKNOWN_PAIRING');
    for (const body of [{ pin: '0419' }, { uuid: 'x' }, { uuid: 'x', pin: '419' }, '{']) {
      expect((await world.admin.ask(COMPLETE, { body })).status).toBe(400);
    }
    expect((await world.admin.ask(PENDING)).body).toEqual([]);
  });

  it('shows how Wolf is', async () => {
    const { body } = await world.admin.ask(HEALTH, onHost);
    expect(body).toMatchObject({ success: true, overall_status: 'healthy', can_create_new_pipelines: true });
  });

  it('names the app to connect to', async () => {
    const { body } = await world.owner.ask(UI_APP_ID, { query: { session_id: id } });
    expect(body).toEqual({ wolf_ui_app_id: '134906179' });
    expect((await world.owner.ask(UI_APP_ID)).status).toBe(400);
    expect((await world.owner.ask(UI_APP_ID, { query: { session_id: NO_SESSION } })).status).toBe(404);
    const nowhere = await world.api.runningSession('owner');
    expect((await world.owner.ask(UI_APP_ID, { query: { session_id: nowhere } })).body['code']).toBe('NO_DESKTOP');
  });

  it('shows and frees keys by the id of the session, as the page asks for them', async () => {
    world.host.wolf.pressKeys(STREAM, [SHIFT]);
    const query = { wolf_instance_id: id };
    const { body } = await world.owner.ask(KEYBOARDS, { query });
    expect(body).toMatchObject({
      success: true,
      sessions: [{ session_id: STREAM, pressed_keys: [SHIFT], modifier_state: { shift: true }, has_mismatch: true }],
    });
    const freed = await world.owner.ask(RESET, { query: { ...query, session_id: STREAM } });
    expect(freed.body).toMatchObject({ success: true, session_id: STREAM, released_key_names: ['SHIFT'] });
    expect((await world.owner.ask(KEYBOARDS, { query })).body).toMatchObject({ sessions: [{ pressed_keys: [] }] });
    const foreign = await world.owner.ask(RESET, { query: { ...query, session_id: '7' } });
    expect(foreign.body['code']).toBe('WOLF_UNKNOWN_SESSION');
    expect((await world.owner.ask(RESET, { query })).status).toBe(400);
    const unknown = { wolf_instance_id: NO_SESSION, session_id: STREAM };
    for (const route of [KEYBOARDS, RESET]) {
      expect((await world.owner.ask(route, { query: unknown })).body['code']).toBe('SESSION_NOT_FOUND');
    }
    expect((await world.admin.ask(KEYBOARDS, onHost)).body['sessions']).toHaveLength(2);
  });

  it('wants a host that it knows', async () => {
    for (const route of [HEALTH, KEYBOARDS]) expect((await world.admin.ask(route)).status).toBe(400);
    const query = { wolf_instance_id: 'nowhere', session_id: STREAM };
    for (const route of [HEALTH, KEYBOARDS, RESET, PENDING]) {
      expect((await world.admin.ask(route, { query })).body['code']).toBe('NOT_FOUND');
    }
    const body = { uuid: 'x', pin: '0419' };
    expect((await world.admin.ask(COMPLETE, { query, body })).body['code']).toBe('NOT_FOUND');
  });

  it('says when Wolf failed, and when its host is away', async () => {
    // What Wolf said a moment ago is told again until it is too old.
    world.host.wolf.faults.answer = { kind: 'empty', path: '/api/v1/system/health' };
    await eventually(async () => {
      expect((await world.admin.ask(HEALTH, onHost)).body['code']).toBe('WOLF_EMPTY_ANSWER');
    });
    await world.host.close();
    const query = { wolf_instance_id: HOST, session_id: STREAM };
    await eventually(async () => {
      for (const route of [PENDING, HEALTH, KEYBOARDS, RESET]) {
        expect((await world.admin.ask(route, { query })).body['code']).toBe('WOLF_UNREACHABLE');
      }
    });
    expect((await world.owner.ask(UI_APP_ID, { query: { session_id: id } })).status).toBe(503);
    // Other hosts may still have a client that waits.
    expect((await world.admin.ask(PENDING)).body).toEqual([]);
  });

  it('has shown every answer of its table', () => {
    expect(world.run.unseen).toEqual([]);
  });
});
