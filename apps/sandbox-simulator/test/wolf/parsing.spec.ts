import { bodyOf, RawWolf, reply } from './raw-wolf.js';
import { CREATE_BODY, LOBBY_ID } from './example-bodies.js';
import type { WolfEra } from '../../src/wolf/wolf-era.js';

function refused(error: string, status = 500): string {
  return reply(status, JSON.stringify({ success: false, error }));
}

function createBody(change: (body: Record<string, Record<string, unknown>>) => void): string {
  const body = JSON.parse(CREATE_BODY) as Record<string, Record<string, unknown>>;
  change(body);
  return JSON.stringify(body);
}

describe('the parser of the simulated Wolf', () => {
  let raw: RawWolf;
  beforeEach(async () => {
    raw = await RawWolf.start();
  });
  afterEach(() => raw.close());

  it.each([
    ['[]', 'Could not cast to object!'],
    ['{}', "Field named 'lobby_id' not found."],
    ['{"lobby_id":7}', "Failed to parse field 'lobby_id': Could not cast to string."],
    ['{"lobby_id":null}', "Failed to parse field 'lobby_id': Could not cast to string."],
    [`{"lobby_id":"${LOBBY_ID}","pin":"0419"}`, "Failed to parse field 'pin': Could not cast to array!"],
    [`{"lobby_id":"${LOBBY_ID}","pin":[1.0]}`, "Failed to parse field 'pin': Could not cast to int."],
    [`{"lobby_id":"${LOBBY_ID}","pin":null,"more":[1]}`, 'Invalid lobby ID'],
  ])('answers %s with %s', async (body, error) => {
    expect(await raw.post('/lobbies/stop', body)).toBe(refused(error));
  });

  it('numbers several faults and indents nested ones', async () => {
    const body = createBody((lobby) => {
      delete lobby['name'];
      Object.assign(lobby, { multi_user: 1 });
      delete lobby['video_settings']?.['width'];
      delete lobby['video_settings']?.['height'];
    });
    expect(await raw.post('/lobbies/create', body)).toBe(
      refused(
        "Found 3 errors:\n1) Field named 'name' not found.\n2) Failed to parse field 'multi_user': Could not cast to boolean." +
          "\n3) Failed to parse field 'video_settings': Found 2 errors:" +
          "\n    1) Field named 'width' not found.\n    2) Field named 'height' not found.",
      ),
    );
  });

  it.each<[WolfEra, boolean]>([
    ['nov25', true],
    ['dec25', true],
    ['jan26-required-mode', false],
    ['jan26', true],
  ])('in %s, a create without video_source_mode succeeds: %s', async (era, succeeds) => {
    const other = await RawWolf.start({ era });
    const body = createBody((lobby) => delete lobby['video_settings']?.['video_source_mode']);
    expect(bodyOf(await other.post('/lobbies/create', body))).toMatchObject({ success: succeeds });
    await other.close();
  });

  it('refuses ids as numbers, takes the leading digits of strings', async () => {
    const leave = { lobby_id: LOBBY_ID, skip_producer_switch: false };
    expect(await raw.post('/lobbies/leave', { ...leave, moonlight_session_id: 12 })).toBe(
      refused("Failed to parse field 'moonlight_session_id': Could not cast to string."),
    );
    expect(await raw.post('/lobbies/leave', { ...leave, moonlight_session_id: 'abc' })).toBe(
      refused("Failed to parse field 'moonlight_session_id': stoull"),
    );
    expect(await raw.post('/lobbies/leave', { ...leave, moonlight_session_id: '12abc' })).toBe(
      reply(200, '{"success":true}'),
    );
    expect(raw.wolf.suspectIdCount).toBe(1);
  });

  it('answers an unreadable keyboard reset with 400', async () => {
    expect(await raw.post('/keyboard/reset', '{}')).toBe(
      refused("Invalid JSON: Field named 'session_id' not found.", 400),
    );
    expect(await raw.post('/keyboard/reset', { session_id: 'x' })).toBe(refused('Invalid session_id format', 400));
  });

  it.each([
    ['a session id that is no number', '/sessions/stop', { session_id: 'abc' }],
    ['a start of an unknown session', '/sessions/start', { session_id: '1', video_session: {}, audio_session: {} }],
    [
      'a mount without a colon',
      '/lobbies/create',
      createBody((body) => Object.assign(body['runner'] ?? {}, { mounts: ['/srv'] })),
    ],
  ])('closes without a byte on %s, and survives nine of them', async (_case, path, body) => {
    for (let count = 1; count <= 9; count += 1) {
      expect(await raw.post(path, body)).toBe('');
      expect(raw.wolf.uncaughtExceptionCount).toBe(count);
    }
    expect(raw.wolf.isServing).toBe(true);
    expect(await raw.post(path, body)).toBe('');
    expect(raw.wolf.state).toBe('thread-ended');
    await expect(raw.get('/lobbies')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('ends the API thread of November at the first uncaught exception', async () => {
    const other = await RawWolf.start({ era: 'nov25' });
    expect(await other.post('/sessions/stop', { session_id: '99999999999999999999' })).toBe('');
    await expect(other.get('/lobbies')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    await other.close();
  });

  it('chokes on the second answer to a pairing secret', async () => {
    const pair_secret = raw.wolf.askToPair('10.0.0.9');
    expect(await raw.post('/pair/client', { pair_secret: 'x', pin: '1234' })).toBe(refused('Invalid pair secret'));
    expect(await raw.post('/pair/client', { pair_secret, pin: '1234' })).toBe(reply(200, '{"success":true}'));
    expect(bodyOf(await raw.get('/pair/pending'))).toEqual({
      success: true,
      requests: [{ pair_secret, client_ip: '10.0.0.9' }],
    });
    expect(await raw.post('/pair/client', { pair_secret, pin: '1234' })).toBe('');
    expect(raw.wolf.uncaughtExceptionCount).toBe(1);
  });

  it('has no lobbies in the oldest era', async () => {
    const other = await RawWolf.start({ era: 'u24' });
    expect(await other.get('/lobbies')).toBe(reply(404, ''));
    await other.close();
  });

  it('requires every listed field of a session that is added', async () => {
    const answer = bodyOf(await raw.post('/sessions/add', {})) as { error: string };
    expect(answer.error).toMatch(/^Found 13 errors:/);
  });
});
