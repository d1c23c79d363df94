import { bodyOf, RawWolf, reply } from './raw-wolf.js';
import {
  CREATE_BODY,
  LIST_BODY,
  LOBBY_ID,
  MEMORY_BODY,
  SESSION_ID,
  SESSIONS_BODY,
  STOP_FRAMES,
} from './example-bodies.js';

const CREATED = `HTTP/1.0 200 OK\r\nContent-Length: 66\r\n\r\n{"success":true,"lobby_id":"${LOBBY_ID}"}`;
const DONE = 'HTTP/1.0 200 OK\r\nContent-Length: 16\r\n\r\n{"success":true}';
const JOIN = { lobby_id: LOBBY_ID, moonlight_session_id: SESSION_ID };

describe('the worked examples of the reference, byte for byte', () => {
  let now = 0;
  let raw: RawWolf;

  beforeEach(async () => {
    now = 1_000_000;
    const faults = { gpuName: 'NVIDIA RTX 2000 Ada Generation', videoMemoryTotalMb: 16_380 };
    raw = await RawWolf.start({ era: 'dec25', newLobbyId: () => LOBBY_ID, now: () => now, faults });
  });
  afterEach(async () => {
    expect(raw.wolf.uncaughtExceptionCount).toBe(0);
    await raw.close();
  });

  function launch(): void {
    raw.wolf.launchSession({
      clientId: SESSION_ID,
      clientUniqueId: `helix-agent-ses_01exampleexampleexample0001-${LOBBY_ID}-0b0c7d1e-2f3a-4b5c-8d6e-7f8091a2b3c4`,
    });
  }

  it('creates a lobby, in every era that has them', async () => {
    expect(Buffer.byteLength(CREATE_BODY)).toBe(839);
    for (const era of ['nov25', 'dec25', 'jan26-required-mode', 'jan26'] as const) {
      const other = await RawWolf.start({ era, newLobbyId: () => LOBBY_ID });
      expect(await other.post('/lobbies/create', CREATE_BODY)).toBe(CREATED);
      await other.close();
    }
  });

  it('lists the lobby that a client has joined, with its runner reprinted and without its PIN', async () => {
    launch();
    await raw.post('/lobbies/create', CREATE_BODY);
    expect(await raw.post('/lobbies/join', { ...JOIN, pin: [0, 4, 1, 9] })).toBe(DONE);
    expect(await raw.get('/lobbies')).toBe(`HTTP/1.0 200 OK\r\nContent-Length: 625\r\n\r\n${LIST_BODY}`);
  });

  it('refuses a join without the PIN', async () => {
    launch();
    await raw.post('/lobbies/create', CREATE_BODY);
    expect(await raw.post('/lobbies/join', JOIN)).toBe(
      'HTTP/1.0 500 OK\r\nContent-Length: 39\r\n\r\n{"success":false,"error":"Invalid PIN"}',
    );
  });

  it('refuses a leave that lacks the field of December', async () => {
    expect(await raw.post('/lobbies/leave', JOIN)).toBe(
      'HTTP/1.0 500 OK\r\nContent-Length: 73\r\n\r\n{"success":false,"error":"Field named \'skip_producer_switch\' not found."}',
    );
  });

  it('lists sessions with their keys and their idle time', async () => {
    launch();
    now += 3_900;
    expect(await raw.get('/sessions')).toBe(`HTTP/1.0 200 OK\r\nContent-Length: 607\r\n\r\n${SESSIONS_BODY}`);
  });

  it('estimates memory by formula', async () => {
    launch();
    await raw.post('/lobbies/create', CREATE_BODY);
    await raw.post('/lobbies/join', { ...JOIN, pin: [0, 4, 1, 9] });
    expect(await raw.get('/system/memory')).toBe(`HTTP/1.0 200 OK\r\nContent-Length: 1030\r\n\r\n${MEMORY_BODY}`);
  });

  it('stops a lobby and tells of it twice, leaving its sessions', async () => {
    launch();
    await raw.post('/lobbies/create', CREATE_BODY);
    await raw.post('/lobbies/join', { ...JOIN, pin: [0, 4, 1, 9] });
    const events = await raw.listen();
    expect(await raw.post('/lobbies/stop', `{"lobby_id":"${LOBBY_ID}","pin":[0,4,1,9]}`)).toBe(DONE);
    expect(await raw.get('/lobbies')).toBe(reply(200, '{"success":true,"lobbies":[]}'));
    await events.until(() => events.frames.length >= STOP_FRAMES.length);
    expect(events.frames).toBe(STOP_FRAMES);
    expect(bodyOf(await raw.get('/sessions'))).toMatchObject({ sessions: [{ client_id: SESSION_ID }] });
    expect(await raw.post('/lobbies/stop', `{"lobby_id":"${LOBBY_ID}","pin":[0,4,1,9]}`)).toBe(
      reply(500, '{"success":false,"error":"Invalid lobby ID"}'),
    );
  });
});
