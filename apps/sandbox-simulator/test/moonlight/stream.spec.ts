import { eventually } from '@helix/pacing/testing';
import { ANSWER, initMessage, OFFER } from './init-message.js';
import { APP_ID, startMoonlight, type MoonlightFixture } from './moonlight-fixture.js';
import { RawStream } from './raw-stream.js';

const UNIQUE = 'helix-agent-ses_01jexample0000000000000000-6b1f';
const stage = (name: string, word: 'Starting' | 'Complete'): unknown => ({ [`Stage${word}`]: { stage: name } });

describe.each(['K', 'H'] as const)('a stream of Moonlight Web in dialect %s', (dialect) => {
  let fixture: MoonlightFixture;
  const streams: RawStream[] = [];
  const open = async (first?: string): Promise<RawStream> => {
    const stream = await RawStream.open(fixture.moonlight.address);
    streams.push(stream);
    if (first !== undefined) stream.sendText(first);
    return stream;
  };
  const outcomes = (): unknown[] => fixture.moonlight.status().inits.map(({ outcome }) => outcome);
  /** Everything that can be heard is heard, and then nothing. */
  const expectMute = async (stream: RawStream): Promise<void> => {
    await eventually(() => {
      expect(outcomes()).toHaveLength(1);
    });
    expect([stream.messages, stream.closes, stream.hasEnded]).toEqual([[], [], false]);
    stream.sendText(initMessage());
    await stream.ended();
    expect([stream.messages, stream.closes]).toEqual([[], []]);
  };
  const expectRefusal = async (stream: RawStream, messages: readonly unknown[]): Promise<void> => {
    await stream.ended();
    expect([stream.messages, stream.closes]).toEqual([messages, ['']]);
  };

  beforeEach(async () => {
    fixture = await startMoonlight({ dialect });
  });
  afterEach(async () => {
    for (const stream of streams.splice(0)) stream.drop();
    await fixture.close();
  });

  it('plays the whole order, and is a session of Wolf from the connection to its end', async () => {
    const stream = await RawStream.open(fixture.moonlight.address, '/api/host/stream?session_id=x', [
      'Sec-WebSocket-Protocol: helix',
      'Sec-WebSocket-Extensions: permessage-deflate',
    ]);
    streams.push(stream);
    expect(stream.head).toContain('s3pPLMBiTxaQ9kYGzzhZRbK+xOo=');
    expect(stream.head).not.toMatch(/Protocol:|Extensions:/);
    stream.sendText(initMessage());
    const launched = 'Launch Streamer';
    expect(await stream.next(7)).toEqual([
      { UpdateApp: { app: { app_id: APP_ID, title: 'Select Agent', is_hdr_supported: false } } },
      stage(launched, dialect === 'K' ? 'Starting' : 'Complete'),
      stage(launched, 'Complete'),
      stage('Setup WebRTC Peer', 'Starting'),
      { WebRtcConfig: { ice_servers: [] } },
      stage('Setup WebRTC Peer', 'Complete'),
      stage('WebRTC Peer Negotiation', 'Starting'),
    ]);
    expect(fixture.wolf.sessionIds).toEqual([]);
    stream.sendText(OFFER);
    await stream.next(20);
    expect(stream.messages.slice(7, 10)).toEqual([
      { Signaling: { AddIceCandidate: expect.objectContaining({ sdp_mid: '', sdp_mline_index: 0 }) } },
      { Signaling: { Description: expect.objectContaining({ ty: 'answer' }) } },
      stage('Moonlight Stream', 'Starting'),
    ]);
    const [offer, complete] = stream.messages.slice(-2) as [{ Signaling: { Description: { sdp: string } } }, unknown];
    expect(offer.Signaling.Description.sdp.length).toBeGreaterThan(2200);
    const clientId = fixture.wolf.sessionIds[0];
    const size = { width: 1280, height: 720 };
    expect(complete).toEqual({ ConnectionComplete: { capabilities: { touch: false }, client_id: clientId, ...size } });
    stream.sendText(ANSWER);
    expect(fixture.moonlight.status()).toMatchObject({
      dialect,
      websocketsOpen: 1,
      sessions: [{ clientUniqueId: UNIQUE, mode: 'create', hasWebsocket: true }],
      inits: [{ outcome: 'started', credentialsOk: true, clientUniqueId: UNIQUE, width: 1280, bitrate: 8000 }],
    });
    stream.drop();
    await eventually(() => {
      expect(fixture.wolf.sessionIds).toEqual([]);
      expect(fixture.moonlight.status()).toMatchObject({ connectionsOpen: 0, sessions: [] });
    });
  });

  it.each([
    ['a missing member', initMessage({ session_id: undefined })],
    ['a member of a wrong type', initMessage({ play_audio_local: 'no' })],
    ['a fraction', initMessage({ width: 1280.5 })],
    ['a mode that is not for clients', initMessage({ mode: 'peer' })],
    ['no JSON', 'hello'],
  ])('falls mute at a first message with %s', async (_, first) => {
    await expectMute(await open(first));
    expect(outcomes()).toEqual(['malformed']);
  });

  it('falls mute at a first message in binary', async () => {
    const stream = await open();
    stream.send({ opcode: 2, payload: initMessage() });
    stream.sendText(initMessage());
    await stream.ended();
    expect([stream.messages, stream.closes]).toEqual([[], []]);
  });

  it('is closed when signalling comes first', async () => {
    await expectRefusal(await open(OFFER), []);
  });

  it.each([['wrong'], [undefined]])('is refused with the credentials %s', async (credentials) => {
    const stream = await open(initMessage({ credentials }));
    if (dialect === 'H') await expectMute(stream);
    else await expectRefusal(stream, [{ StageFailed: { stage: 'Authentication', error_code: -1 } }]);
    expect(JSON.stringify(fixture.moonlight.status().inits)).not.toContain('s3cret');
  });

  it('is refused for an unknown host or app, and without a Wolf', async () => {
    await expectRefusal(await open(initMessage({ host_id: 3 })), ['HostNotFound']);
    await expectRefusal(await open(initMessage({ app_id: 3 })), ['AppNotFound']);
    fixture.moonlight.faults.appNotFoundTimes = 1;
    await expectRefusal(await open(initMessage()), ['AppNotFound']);
    await (await open(initMessage())).next(7);
    await fixture.wolf.crash();
    await expectRefusal(await open(initMessage({ session_id: 'other' })), ['InternalServerError']);
    expect(outcomes()).toEqual(['HostNotFound', 'AppNotFound', 'AppNotFound', 'started', 'InternalServerError']);
  });

  it('holds its id, and frees it as the dialect does', async () => {
    const first = await open(initMessage());
    await first.next(7);
    await expectRefusal(await open(initMessage()), ['AlreadyStreaming']);
    first.drop();
    await eventually(() => {
      expect(fixture.moonlight.status().sessions[0]?.hasWebsocket ?? false).toBe(false);
    });
    const again = await open(initMessage());
    if (dialect === 'H') {
      await expectRefusal(again, ['AlreadyStreaming']);
      await eventually(() => {
        expect(fixture.moonlight.status().sessions).toEqual([]);
      });
    } else await again.next(7);
  });

  it('never answers a Close, and ends its session all the same', async () => {
    const stream = await open(initMessage());
    await stream.next(7);
    stream.send({ opcode: 8 });
    await eventually(() => {
      expect(fixture.moonlight.status().sessions[0]?.hasWebsocket ?? false).toBe(false);
    });
    expect([stream.closes, stream.hasEnded, fixture.moonlight.status().websocketsOpen]).toEqual([[], false, 1]);
    fixture.moonlight.faults.muteClose = false;
    const other = await open(initMessage({ session_id: 'other' }));
    await other.next(7);
    other.send({ opcode: 8 });
    await other.ended();
    expect(other.closes).toEqual(['']);
  });

  it('ignores all messages after invalid JSON, and stays open', async () => {
    const stream = await open(initMessage());
    await stream.next(7);
    stream.sendText('{"Signaling"');
    stream.sendText(OFFER);
    stream.send({ opcode: 9 });
    await eventually(() => {
      expect(fixture.moonlight.status().violations).toHaveLength(1);
    });
    expect([stream.messages.length, stream.closes, stream.hasEnded]).toEqual([7, [], false]);
    stream.drop();
    await eventually(() => {
      expect(fixture.moonlight.status().websocketsOpen).toBe(0);
    });
    expect(fixture.moonlight.status().sessions).toHaveLength(1);
  });

  it('reports a kick, the end of the stream, and a crash of the streamer', async () => {
    const kicked = await open(initMessage());
    await kicked.next(7);
    await fixture.moonlight.kick();
    await kicked.ended();
    expect([kicked.messages.at(-1), kicked.closes]).toEqual(['ClientKicked', ['']]);

    const terminated = await open(initMessage({ session_id: 'two' }));
    terminated.sendText(OFFER);
    await terminated.next(20);
    await fixture.moonlight.terminate(-102);
    await terminated.next(21);
    expect(terminated.messages.at(-1)).toEqual({ ConnectionTerminated: { error_code: -102 } });
    expect([terminated.closes, fixture.wolf.sessionIds]).toEqual([[], []]);

    fixture.moonlight.faults.dieAfterMs = 30;
    const crashed = await open(initMessage({ session_id: 'three' }));
    await crashed.ended();
    expect([crashed.messages.length, crashed.closes]).toEqual([7, ['']]);
  });

  it('ends for its client when Wolf ends the session', async () => {
    const stream = await open(initMessage());
    stream.sendText(OFFER);
    await stream.next(20);
    await fixture.wolf.crash();
    await stream.next(21);
    expect(stream.messages.at(-1)).toEqual({ ConnectionTerminated: { error_code: 0 } });
  });

  it('can start slowly, leave an offer without answer, and offer no way to meet', async () => {
    Object.assign(fixture.moonlight.faults, { slowStartMs: 60, neverAnswer: true });
    const stream = await open(initMessage());
    stream.sendText(OFFER);
    await stream.next(7);
    fixture.moonlight.faults.neverAnswer = false;
    stream.sendText(OFFER);
    await stream.next(9);
    expect(stream.messages[8]).toMatchObject({ Signaling: { Description: { ty: 'answer' } } });

    Object.assign(fixture.moonlight.faults, { slowStartMs: 0, iceFail: true });
    const isolated = await open(initMessage({ session_id: 'isolated' }));
    isolated.sendText(OFFER);
    await isolated.next(8);
    expect(isolated.messages[7]).toMatchObject({ Signaling: { Description: { ty: 'answer' } } });
  });

  it('is not begun for a client that left during a slow start', async () => {
    fixture.moonlight.faults.slowStartMs = 60_000;
    const stream = await open(initMessage());
    await eventually(() => {
      expect(fixture.moonlight.status().websocketsOpen).toBe(1);
    });
    stream.drop();
    await eventually(() => {
      expect(outcomes()).toEqual(['left']);
    });
    expect(fixture.moonlight.status().sessions).toEqual([]);
  });

  it('sends two messages in mode keepalive, reads none, and never frees its id', async () => {
    const stream = await open(initMessage({ mode: 'keepalive', session_id: 'lasting' }));
    await stream.next(2);
    expect(fixture.wolf.sessionIds).toHaveLength(1);
    stream.sendText(OFFER);
    await expectRefusal(await open(initMessage({ mode: 'keepalive', session_id: 'lasting' })), []);
    stream.drop();
    await eventually(() => {
      expect(fixture.wolf.sessionIds).toEqual([]);
    });
    expect(stream.messages).toHaveLength(2);
    expect(fixture.moonlight.status().sessions).toMatchObject([{ sessionId: 'lasting', hasWebsocket: false }]);

    const kickOff = await open(initMessage({ mode: 'keepalive', session_id: 'agent-ses_1-kickoff' }));
    await kickOff.next(2);
    kickOff.drop();
    await eventually(() => {
      expect(fixture.moonlight.status().sessions).toHaveLength(1);
    });
  });

  it('takes over a session in mode join, and loses it when its creator leaves', async () => {
    await expectRefusal(await open(initMessage({ mode: 'join' })), ['SessionNotFound']);
    const creator = await open(initMessage());
    await creator.next(7);
    const joiner = await open(initMessage({ mode: 'join' }));
    expect(await joiner.next(1)).toEqual([{ WebRtcConfig: { ice_servers: [] } }]);
    await creator.ended();
    expect([creator.messages.at(-1), creator.closes]).toEqual(['ClientKicked', ['']]);
    joiner.sendText('no JSON');
    joiner.sendText(OFFER);
    await joiner.next(3);
    creator.drop();
    await eventually(() => {
      expect(fixture.moonlight.status().sessions).toEqual([]);
    });
    expect(joiner.hasEnded).toBe(false);
  });
});
