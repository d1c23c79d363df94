import { stat } from 'node:fs/promises';
import type { LobbyLaunch, LobbyRunner, RunningRunner } from '../../src/wolf/lobby-runner.js';
import { eventually } from '@helix/pacing/testing';
import { CREATE_BODY, SESSION_ID } from './example-bodies.js';
import { bodyOf, RawWolf, reply } from './raw-wolf.js';

/** Records what it was asked to start; its containers end when told to. */
class RecordingRunner implements LobbyRunner {
  readonly launches: LobbyLaunch[] = [];
  readonly stopped: string[] = [];
  readonly ends: (() => void)[] = [];

  start(launch: LobbyLaunch): Promise<RunningRunner> {
    this.launches.push(launch);
    let end: () => void = () => undefined;
    const exited = new Promise<void>((resolve) => (end = resolve));
    this.ends.push(end);
    const stop = (): Promise<void> => {
      this.stopped.push(launch.lobbyId);
      end();
      return exited;
    };
    return Promise.resolve({ stop, exited });
  }
}

const OPEN = CREATE_BODY.replace('"pin":[0,4,1,9],', '');
const AUTO_STOP = OPEN.replace('"stop_when_everyone_leaves":false', '"stop_when_everyone_leaves":true');

describe('the life of simulated lobbies', () => {
  let runner: RecordingRunner;
  let raw: RawWolf;
  let now = 0;

  beforeEach(async () => {
    runner = new RecordingRunner();
    now = 0;
    raw = await RawWolf.start({ runner, now: () => now, sessionReapIntervalMs: 5 });
  });
  afterEach(() => raw.close());

  async function create(body = OPEN): Promise<string> {
    return (bodyOf(await raw.post('/lobbies/create', body)) as { lobby_id: string }).lobby_id;
  }

  function join(lobbyId: string, sessionId = SESSION_ID): Promise<string> {
    return raw.post('/lobbies/join', { lobby_id: lobbyId, moonlight_session_id: sessionId });
  }

  it('gives the container what was configured and what Wolf adds, and lists only the former', async () => {
    const id = await create();
    expect(runner.launches[0]).toMatchObject({
      lobbyId: id,
      name: 'desk-01exampleexampleexample0001',
      image: 'desk:dev',
    });
    expect(runner.launches[0]?.env).toEqual(
      expect.arrayContaining(['HELIX_SESSION_ID=ses_01exampleexampleexample0001', `WOLF_SESSION_ID=${id}`]),
    );
    expect(await raw.get('/lobbies')).not.toContain('WOLF_SESSION_ID');
  });

  it('checks a join in order: lobby, PIN, session, other lobby, capacity', async () => {
    const single = await create(OPEN.replace('"multi_user":true', '"multi_user":false'));
    const other = await create();
    raw.wolf.launchSession({ clientId: SESSION_ID });
    raw.wolf.launchSession({ clientId: '7' });
    expect(await join('unknown')).toContain('Invalid lobby ID');
    expect(await raw.post('/lobbies/join', { lobby_id: single, moonlight_session_id: '8', pin: [1] })).toContain(
      'Invalid PIN',
    );
    expect(await join(single, '8')).toContain('Lobby or session not found');
    expect(await join(single)).toContain('"success":true');
    expect(await join(single)).toContain('"success":true');
    expect(await join(other)).toContain('Session already in different lobby - leave first before joining another');
    expect(await join(single, '7')).toContain('Lobby is full');
  });

  it('broadcasts a join that fails after the PIN, and none that fails before', async () => {
    const id = await create();
    const events = await raw.listen();
    await join('unknown');
    await join(id, '8');
    await raw.post('/lobbies/leave', { lobby_id: 'unknown', moonlight_session_id: '8', skip_producer_switch: false });
    await events.until((received) => received.includes('LeaveLobbyEvent'));
    expect(events.names).toEqual(['JoinLobbyEvent', 'LeaveLobbyEvent']);
  });

  it('stops an auto-stop lobby when its last session leaves, inside the leave', async () => {
    const id = await create(AUTO_STOP);
    raw.wolf.launchSession({ clientId: SESSION_ID });
    await join(id);
    const events = await raw.listen();
    await raw.post('/lobbies/leave', { lobby_id: id, moonlight_session_id: SESSION_ID, skip_producer_switch: false });
    expect(runner.stopped).toEqual([id]);
    await events.until((received) => received.includes('LeaveLobbyEvent'));
    expect(events.names).toEqual(['SwitchStreamProducerEvents', 'StopLobbyEvent', 'LeaveLobbyEvent']);
  });

  it('ends a session that is stopped, and its auto-stop lobby with it', async () => {
    const id = await create(AUTO_STOP);
    raw.wolf.launchSession({ clientId: SESSION_ID });
    await join(id);
    const events = await raw.listen();
    expect(await raw.post('/sessions/stop', { session_id: SESSION_ID })).toContain('"success":true');
    await events.until((received) => received.includes('StopStreamEvent'));
    expect(events.names).toEqual(['LeaveLobbyEvent', 'StopLobbyEvent', 'StopStreamEvent']);
    expect(raw.wolf.sessionIds).toEqual([]);
    expect(await raw.post('/sessions/stop', { session_id: SESSION_ID })).toContain('Invalid session_id');
  });

  it('keeps a paused session in the list', async () => {
    raw.wolf.launchSession({ clientId: SESSION_ID });
    await raw.post('/sessions/pause', { session_id: SESSION_ID });
    expect(raw.wolf.sessionIds).toEqual([SESSION_ID]);
  });

  it('ends sessions that were silent for more than a minute', async () => {
    raw.wolf.launchSession({ clientId: SESSION_ID });
    raw.wolf.launchSession({ clientId: '7' });
    const events = await raw.listen();
    now = 60_001;
    raw.wolf.receiveControlPacket('7');
    await events.until((received) => received.includes('StopStreamEvent'));
    expect(raw.wolf.sessionIds).toEqual(['7']);
  });

  it('adds sessions of paired clients only', async () => {
    const session = (JSON.parse(await sessionsOf(raw)) as { sessions: object[] }).sessions[0];
    expect(await raw.post('/sessions/add', session)).toBe(reply(200, `{"success":true,"session_id":"${SESSION_ID}"}`));
    expect(raw.wolf.sessionIds).toEqual([SESSION_ID, SESSION_ID]);
    expect(await raw.post('/sessions/add', { ...session, client_id: '8' })).toContain('Invalid client_id');
    expect(await raw.post('/sessions/add', { ...session, app_id: '8' })).toContain('Invalid app_id');
  });

  it('removes a lobby whose container exits', async () => {
    const id = await create();
    const events = await raw.listen();
    runner.ends[0]?.();
    await events.until((received) => received.includes('StopLobbyEvent'));
    expect(events.frames).toContain(`data: {"lobby_id":"${id}"}\n\n`);
    expect(raw.wolf.lobbies).toEqual([]);
  });

  it('removes a lobby whose container was refused, after having promised it', async () => {
    raw.wolf.faults.runnerDiesAfterCreate = true;
    expect(await raw.post('/lobbies/create', OPEN)).toContain('"success":true');
    expect(await raw.get('/lobbies')).toContain('"lobbies":[]');
  });

  it('leaves a lobby without a container when its JSON for Docker is broken', async () => {
    const body = OPEN.replace(/"base_create_json":".*"\}\}$/, '"base_create_json":"{"}}');
    await create(body);
    expect(raw.wolf.lobbyCount).toBe(1);
    expect(runner.launches).toEqual([]);
  });

  it('leaves the lobby of a create that timed out, and starts its container all the same', async () => {
    Object.assign(raw.wolf.faults, { createTimesOutLeavingLobby: true, createTimeoutMs: 10 });
    expect(await raw.post('/lobbies/create', OPEN)).toContain('Lobby setup timed out');
    expect(raw.wolf.lobbyCount).toBe(1);
    await raw.get('/lobbies');
    expect(runner.launches).toHaveLength(1);
  });

  it('shows a lobby before its create is answered, but only to events: lists wait behind it', async () => {
    raw.wolf.faults.createDelayMs = 50;
    const events = await raw.listen();
    const answer = create();
    await events.until((received) => received.includes('CreateLobbyEvent'));
    expect(raw.wolf.lobbyCount).toBe(1);
    expect(runner.launches).toEqual([]);
    expect(events.frames).toContain('"id":"');
    await answer;
    expect(runner.launches).toHaveLength(1);
  });

  it('refuses connections after a crash, keeps the file and the containers, and comes back empty', async () => {
    await create();
    const before = await stat(raw.wolf.socketPath);
    await raw.wolf.crash();
    await expect(raw.get('/lobbies')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    expect(runner.stopped).toEqual([]);
    await raw.wolf.restart();
    expect((await stat(raw.wolf.socketPath)).ino).not.toBe(before.ino);
    expect(await raw.get('/lobbies')).toContain('"lobbies":[]');
    await raw.wolf.close();
    expect(runner.stopped).toHaveLength(1);
    await expect(raw.get('/lobbies')).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('cuts requests that wait when it crashes', async () => {
    raw.wolf.freezeFor(60_000);
    const waiting = raw.get('/lobbies');
    await eventually(() => {
      expect(raw.wolf.requestCount).toBe(1);
    });
    await raw.wolf.crash();
    expect(await waiting).toBe('');
  });

  it('leaks PIN and environment to listeners, for redaction to be tested', async () => {
    const events = await raw.listen();
    await create(CREATE_BODY);
    await events.until((received) => received.includes('CreateLobbyEvent'));
    expect(events.frames).toContain('"pin":[0,4,1,9]');
    expect(events.frames).toContain('HELIX_SESSION_ID=');
  });

  it('makes a launch that was configured for a lobby join it without a PIN', async () => {
    const id = await create(CREATE_BODY);
    await raw.post('/sessions/configure', { client_unique_id: 'tab-1', immediate_lobby_id: id });
    raw.wolf.launchSession({ clientId: SESSION_ID, clientUniqueId: 'tab-1' });
    expect(raw.wolf.lobbies[0]?.connectedSessionIds).toEqual([SESSION_ID]);
  });
});

async function sessionsOf(raw: RawWolf): Promise<string> {
  raw.wolf.launchSession({ clientId: SESSION_ID });
  const answer = await raw.get('/sessions');
  return answer.slice(answer.indexOf('\r\n\r\n') + 4);
}
