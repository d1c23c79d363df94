import { readEvent } from './read-event.js';

const LOBBY = '7c1e0b52-3a44-4d0e-9b7e-51f0c2a9d6e3';
const SESSION = '10594003729173467913';

function read(name: string, payload: unknown): unknown {
  return readEvent({ kind: 'whole', name, data: JSON.stringify(payload) });
}

describe('an event of Wolf', () => {
  it.each([
    ['CreateLobbyEvent', { id: LOBBY }, { type: 'lobby-created', lobbyId: LOBBY }],
    ['StopLobbyEvent', { lobby_id: LOBBY }, { type: 'lobby-stopped', lobbyId: LOBBY }],
    ['JoinLobbyEvent', joined(), { type: 'lobby-joined', lobbyId: LOBBY, sessionId: SESSION }],
    ['LeaveLobbyEvent', joined(), { type: 'lobby-left', lobbyId: LOBBY, sessionId: SESSION }],
    [
      'SwitchStreamProducerEvents',
      { session_id: SESSION, interpipe_src_id: LOBBY },
      { type: 'producer-switched', sessionId: SESSION, lobbyId: LOBBY },
    ],
    [
      'SwitchStreamProducerEvents',
      { session_id: SESSION, interpipe_src_id: SESSION },
      { type: 'producer-switched', sessionId: SESSION },
    ],
    [
      'StreamSession',
      { client_id: SESSION, client_unique_id: 'tab' },
      { type: 'session-started', sessionId: SESSION, clientUniqueId: 'tab' },
    ],
    ['StopStreamEvent', { session_id: SESSION }, { type: 'session-stopped', sessionId: SESSION }],
    ['PauseStreamEvent', { session_id: SESSION }, { type: 'session-paused', sessionId: SESSION }],
    ['ResumeStreamEvent', { session_id: SESSION }, { type: 'session-resumed', sessionId: SESSION }],
    ['StartRunner', { session_id: SESSION }, { type: 'runner-started', sessionId: SESSION }],
    ['PairSignal', { client_ip: '10.0.0.7' }, { type: 'pairing-asked', clientIp: '10.0.0.7' }],
    ['VideoSession', { session_id: SESSION }, { type: 'other', name: 'VideoSession' }],
    ['NeverHeardOf', {}, { type: 'other', name: 'NeverHeardOf' }],
  ])('%s is told by its ids, and by nothing that stands beside them', (name, payload, event) => {
    const secrets = { pin: [0, 4, 1, 9], runner: { env: ['TOKEN=hunter2'] }, aes_key: '0011', host_ip: '10.0.0.1' };
    expect(read(`wolf::core::events::${name}`, { ...payload, ...secrets })).toEqual(event);
  });

  it('of Docker comes under its bare name', () => {
    expect(read('DockerPullImageStartEvent', { image_name: 'a' })).toEqual({
      type: 'image-pull-began',
      imageName: 'a',
    });
    expect(read('DockerPullImageEndEvent', { image_name: 'a', success: false })).toEqual({
      type: 'image-pull-ended',
      imageName: 'a',
      success: false,
    });
  });

  it('keeps every digit of an id that the oldest Wolf writes as a number', () => {
    const data = `{"session_id":${SESSION}}`;
    expect(readEvent({ kind: 'whole', name: 'wolf::core::events::StopStreamEvent', data })).toMatchObject({
      sessionId: SESSION,
    });
  });

  it('is dropped unread when it is a ping', () => {
    expect(
      readEvent({ kind: 'whole', name: 'wolf::core::events::RTPVideoPingEvent', data: 'nonsense' }),
    ).toBeUndefined();
    expect(read('wolf::core::events::RTPAudioPingEvent', {})).toBeUndefined();
  });

  it.each([
    ['is not JSON', 'StopLobbyEvent', '{"lobby_id"'],
    ['lacks its id', 'StopLobbyEvent', '{}'],
    ['has an id that is none', 'StopLobbyEvent', '{"lobby_id":"nobody"}'],
    ['has a name that is none', 'Stop data: x', '{}'],
  ])('is torn when it %s', (_case, name, data) => {
    expect(readEvent({ kind: 'whole', name: `wolf::core::events::${name}`, data })).toEqual({ type: 'torn' });
  });
});

function joined(): object {
  return { lobby_id: LOBBY, moonlight_session_id: SESSION };
}
