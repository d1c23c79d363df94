import type { SessionId } from '@helix/external-agent';
import type { RestClient } from '../../../test/support/rest-client.js';
import { ApiInProcess } from './support/api-in-process.js';
import { SimulatedHost } from './support/simulated-host.js';

const STREAM = '10594003729173467913';
/** Differs in the last digit only, which a JavaScript number loses. */
const FOREIGN_STREAM = '10594003729173467912';
const SHIFT = 0x10;

describe('/api/v1/wolf', () => {
  let api: ApiInProcess;
  let host: SimulatedHost;
  let second: SimulatedHost;
  let admin: RestClient;
  let owner: RestClient;
  let other: RestClient;
  let sessionId: SessionId;

  beforeAll(async () => {
    api = await ApiInProcess.start({ RUNNER_GRACE_MS: '200' });
    host = await SimulatedHost.connect(api, 'gpu-1');
    admin = api.as(await api.userKey('root', true));
    owner = api.as(await api.userKey('owner'));
    other = api.as(await api.userKey('other'));
    // While there is no other host, so that it is there.
    sessionId = (await owner.post('/api/v1/external-agents', {})).body['session_id'] as SessionId;
    second = await SimulatedHost.connect(api, 'gpu-2', { wolf: { era: 'nov25' } });
    host.wolf.launchSession({ clientId: STREAM, clientUniqueId: `helix-agent-${sessionId}-tab` });
    host.wolf.launchSession({ clientId: FOREIGN_STREAM, clientUniqueId: `helix-agent-${sessionId}x` });
  });
  afterAll(async () => {
    await host.close();
    await second.close();
    await api.close();
  });

  describe('pairing', () => {
    it('lists who waits on one host in Helix’s keys', async () => {
      const secret = host.wolf.askToPair('10.0.0.1');
      const { status, body } = await admin.get('/api/v1/wolf/pairing/pending?wolf_instance_id=gpu-1');
      expect([status, body]).toEqual([
        200,
        [
          {
            client_name: '10.0.0.1',
            uuid: secret,
            pair_secret: secret,
            client_ip: '10.0.0.1',
            pin: '',
            expires_at: 0,
            wolf_instance_id: 'gpu-1',
          },
        ],
      ]);
    });

    it('lists pairings of all hosts and hands the PIN to the right one once', async () => {
      const uuid = second.wolf.askToPair('10.0.0.2');
      const found = await admin.get('/api/v1/wolf/pairing/pending');
      expect(found.body).toContainEqual(expect.objectContaining({ uuid, wolf_instance_id: 'gpu-2' }));
      expect(found.headers.get('x-wolf-silent')).toBeNull();
      const done = await admin.post('/api/v1/wolf/pairing/complete', { uuid, pin: '0419' });
      expect([done.status, done.body['success']]).toEqual([200, true]);
      expect(second.wolf.answeredPin('10.0.0.2')).toBe('0419');
      const again = await admin.post('/api/v1/wolf/pairing/complete?wolf_instance_id=gpu-2', {
        pair_secret: uuid,
        pin: '0419',
      });
      expect([again.status, again.body['code']]).toEqual([409, 'WOLF_PAIRING_ANSWERED']);
      const unknown = await admin.post('/api/v1/wolf/pairing/complete', { uuid, pin: '0419' });
      expect([unknown.status, unknown.body['code']]).toEqual([404, 'WOLF_UNKNOWN_PAIRING']);
    });

    it('names the hosts that did not answer, and gives what the others said', async () => {
      second.wolf.faults.answer = { kind: 'unparseable500' };
      const found = await admin.get('/api/v1/wolf/pairing/pending');
      second.wolf.faults.answer = undefined;
      expect([found.status, found.headers.get('x-wolf-silent')]).toEqual([200, 'gpu-2']);
      expect(found.body).toMatchObject([{ wolf_instance_id: 'gpu-1' }]);
    });

    it.each([
      [{ pin: '0419' }, 'uuid or pair_secret is required'],
      [{ uuid: 'X', pin: '419' }, 'pin must be four digits'],
      [{ uuid: 'X', pin: 419 }, 'pin must be four digits'],
      [{ uuid: 'X'.repeat(300), pin: '0419' }, 'uuid must be that of a pending pairing'],
    ])('refuses %j', async (body, message) => {
      const answer = await admin.post('/api/v1/wolf/pairing/complete?wolf_instance_id=gpu-1', body);
      expect([answer.status, answer.body['message']]).toEqual([400, message]);
    });
  });

  describe('health', () => {
    it('is Wolf’s own, in its keys, and asked for once by many', async () => {
      const path = '/api/v1/wolf/health?wolf_instance_id=gpu-1';
      const before = host.wolf.requestCountOf('/api/v1/system/health');
      const all = await Promise.all(Array.from({ length: 10 }, () => admin.get(path)));
      // The API asks for it by itself too, now and then.
      expect(host.wolf.requestCountOf('/api/v1/system/health') - before).toBeLessThanOrEqual(2);
      expect(new Set(all.map(({ status }) => status))).toEqual(new Set([200]));
      expect(all[0]?.body).toMatchObject({
        success: true,
        overall_status: 'healthy',
        can_create_new_pipelines: true,
        total_thread_count: 2,
        threads: [
          { tid: 1, name: 'API server', heartbeat_count: 60, has_active_request: true, seconds_alive: 60 },
          { tid: 2 },
        ],
      });
    });

    it('is of a host that is named and known', async () => {
      const unnamed = await admin.get('/api/v1/wolf/health');
      expect([unnamed.status, unnamed.body['message']]).toEqual([
        400,
        expect.stringMatching(/wolf_instance_id is required: one of gpu-\d, gpu-\d/),
      ]);
      expect((await admin.get('/api/v1/wolf/health?wolf_instance_id=nowhere')).status).toBe(404);
    });
  });

  describe('keyboards', () => {
    const ofSession = (): string => `/api/v1/wolf/keyboard-state?wolf_instance_id=${sessionId}`;
    const resetOf = (stream: string): string =>
      `/api/v1/wolf/keyboard-state/reset?wolf_instance_id=${sessionId}&session_id=${stream}`;

    it('show an owner the session’s streams only, and are freed by the owner', async () => {
      host.wolf.pressKeys(STREAM, [SHIFT]);
      host.wolf.pressKeys(FOREIGN_STREAM, [SHIFT]);
      const { status, body } = await owner.get(ofSession());
      const down = { pressed_keys: [SHIFT], pressed_key_names: ['SHIFT'], modifier_state: { shift: true } };
      expect(status).toBe(200);
      expect(body).toMatchObject({
        success: true,
        sessions: [{ session_id: STREAM, ...down, wolf_state: down, has_mismatch: true }],
      });
      expect(body['sessions']).toHaveLength(1);
      const refused = await owner.post(resetOf(FOREIGN_STREAM));
      expect([refused.status, refused.body['code']]).toEqual([404, 'WOLF_UNKNOWN_SESSION']);
      const freed = await owner.post(resetOf(STREAM));
      expect(freed.body).toMatchObject({ success: true, released_keys: ['SHIFT'], session_id: STREAM });
      // What was changed here is seen here at once.
      expect((await owner.get(ofSession())).body).toMatchObject({ sessions: [{ pressed_keys: [] }] });
      const all = await admin.get('/api/v1/wolf/keyboard-state?wolf_instance_id=gpu-1');
      expect(all.body['sessions']).toMatchObject([{ session_id: STREAM }, { session_id: FOREIGN_STREAM }]);
    });

    it('have the same keys from a Wolf that knows no layers', async () => {
      second.wolf.launchSession({ clientId: STREAM });
      second.wolf.pressKeys(STREAM, [SHIFT]);
      const { body } = await admin.get('/api/v1/wolf/keyboard-state?wolf_instance_id=gpu-2');
      expect(body['sessions']).toMatchObject([
        { pressed_keys: [SHIFT], wolf_state: { pressed_keys: [SHIFT] }, evdev_state: { pressed_keys: [] } },
      ]);
    });

    it('are visible to owner and admins only', async () => {
      expect((await other.get(ofSession())).status).toBe(403);
      expect((await other.post(resetOf(STREAM))).status).toBe(403);
      expect((await owner.get('/api/v1/wolf/keyboard-state?wolf_instance_id=gpu-1')).status).toBe(403);
      expect((await owner.get('/api/v1/wolf/keyboard-state?wolf_instance_id=nowhere')).status).toBe(403);
      expect((await owner.get('/api/v1/wolf/keyboard-state?wolf_instance_id=ses_x')).status).toBe(404);
      expect((await owner.get('/api/v1/wolf/keyboard-state')).status).toBe(400);
      expect((await owner.post(resetOf('12abc'))).status).toBe(400);
      const query = `wolf_instance_id=gpu-1&session_id=${STREAM}`;
      expect((await owner.post(`/api/v1/wolf/keyboard-state/reset?${query}`)).status).toBe(403);
    });

    it('cost Wolf few questions however many look', async () => {
      const before = host.wolf.requestCountOf('/api/v1/keyboard/state');
      for (let round = 0; round < 5; round += 1) {
        await Promise.all(Array.from({ length: 10 }, () => owner.get(ofSession())));
      }
      expect(host.wolf.requestCountOf('/api/v1/keyboard/state') - before).toBeLessThanOrEqual(10);
    });
  });

  describe('the app to connect to', () => {
    it('is told to the owner', async () => {
      const path = `/api/v1/wolf/ui-app-id?session_id=${sessionId}`;
      expect((await owner.get(path)).body).toEqual({ wolf_ui_app_id: '134906179' });
      expect((await admin.get(path)).status).toBe(200);
      expect((await other.get(path)).status).toBe(403);
    });

    it('is not told of a session that is none or has no host', async () => {
      expect((await owner.get('/api/v1/wolf/ui-app-id')).status).toBe(400);
      expect((await owner.get('/api/v1/wolf/ui-app-id?session_id=x')).status).toBe(404);
      const homeless = await api.runningSession('owner');
      const answer = await owner.get(`/api/v1/wolf/ui-app-id?session_id=${homeless}`);
      expect([answer.status, answer.body['code']]).toEqual([404, 'NO_DESKTOP']);
    });
  });
});
