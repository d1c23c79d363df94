import { RawWolf, bodyOf, reply } from './raw-wolf.js';
import { SESSION_ID } from './example-bodies.js';

const PULL = { image_name: 'desk:2' };

describe("the simulated Wolf's profiles, clients, keyboards and images", () => {
  let raw: RawWolf;
  beforeEach(async () => {
    raw = await RawWolf.start();
  });
  afterEach(() => raw.close());

  it('leaks the PIN of a profile', async () => {
    expect(await raw.get('/profiles')).toContain('"pin":[8,6,4,2]');
  });

  it('unpairs with the statuses of the real one', async () => {
    expect(await raw.post('/unpair/client', { client_id: SESSION_ID })).toBe(reply(200, '{"success":true}'));
    expect(await raw.get('/clients')).toContain('"clients":[]');
    expect(await raw.post('/unpair/client', { client_id: SESSION_ID })).toBe(
      reply(404, '{"success":false,"error":"Client not found"}'),
    );
    expect(await raw.post('/unpair/client', '{}')).toBe(
      reply(400, '{"success":false,"error":"Invalid request format"}'),
    );
    expect(await raw.post('/unpair/client', { client_id: 'x' })).toBe(reply(500, '{"success":false,"error":"stoull"}'));
    expect(raw.wolf.uncaughtExceptionCount).toBe(0);
  });

  it.each([
    ['nov25', false],
    ['jan26', true],
  ] as const)('prints the keyboard of %s with layers: %s', async (era, hasLayers) => {
    const other = await RawWolf.start({ era });
    other.wolf.launchSession({ clientId: SESSION_ID });
    other.wolf.faults.stuckShift = true;
    const state = await other.get('/keyboard/state');
    expect(state).toContain('"pressed_keys":[16],"pressed_key_names":["SHIFT"],"modifier_state":{"shift":true');
    expect(state.includes('"has_mismatch":true')).toBe(hasLayers);
    expect(await other.post('/keyboard/reset', { session_id: SESSION_ID })).toContain('"released_keys":["SHIFT"]');
    expect(await other.get('/keyboard/state')).toContain('"pressed_keys":[]');
    expect(await other.post('/keyboard/reset', { session_id: 'x' })).toContain('400 OK');
    await other.close();
  });

  it('takes the name of an image raw, and nothing beside it', async () => {
    expect(bodyOf(await raw.get('/docker/images/inspect?image_name=desk:dev'))).toMatchObject({
      RepoTags: ['desk:dev'],
    });
    expect(await raw.get('/docker/images/inspect?image_name=desk%3Adev')).toContain('Image not found');
    expect(await raw.get('/docker/images/inspect?image_name=a=b')).toContain('400 OK');
    expect(await raw.get('/docker/images/inspect')).toContain('400 OK');
  });

  it('pulls without a header, by lines, and tells so under bare names', async () => {
    const events = await raw.listen();
    const answer = await raw.post('/docker/images/pull', PULL);
    expect(answer).toMatch(/^HTTP\/1\.0 200 OK\r\n\r\n\{"status":"Pulling from desk:2".*\}\r\n/);
    expect(answer.endsWith('\r\n{"success":true}')).toBe(true);
    await events.until((received) => received.includes('DockerPullImageEndEvent'));
    expect(events.frames).toContain('event: DockerPullImageEndEvent\ndata: {"image_name":"desk:2","success":true}\n\n');
  });

  it('fails a pull at first in an answer, and later in a second one inside the first', async () => {
    raw.wolf.faults.pull = 'refused';
    const refusal = reply(500, '{"success":false,"error":"Failed to pull image"}');
    expect(await raw.post('/docker/images/pull', PULL)).toBe(refusal);
    raw.wolf.faults.pull = 'fails-midway';
    const answer = await raw.post('/docker/images/pull', PULL);
    expect(answer.startsWith('HTTP/1.0 200 OK\r\n\r\n{')).toBe(true);
    expect(answer.endsWith(refusal)).toBe(true);
    expect(await raw.post('/docker/images/pull', '{')).toBe('');
    expect(raw.wolf.uncaughtExceptionCount).toBe(0);
  });

  it('answers others while a pull is under way', async () => {
    raw.wolf.faults.pullStepDelayMs = 3_600_000;
    void raw.post('/docker/images/pull', PULL);
    expect(await raw.get('/apps')).toContain('"success":true');
  });
});
