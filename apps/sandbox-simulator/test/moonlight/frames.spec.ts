import { eventually } from '@helix/pacing/testing';
import { initMessage, OFFER } from './init-message.js';
import { startMoonlight, type MoonlightFixture } from './moonlight-fixture.js';
import { RawStream, type RawFrame } from './raw-stream.js';

const LONG = Buffer.alloc(65_537, 'x');
const SESSION = 'agent-ses_01jexample0000000000000000-6b1f';

describe('a frame on the WebSocket of Moonlight Web', () => {
  let fixture: MoonlightFixture;
  let stream: RawStream;

  beforeEach(async () => {
    fixture = await startMoonlight();
    stream = await RawStream.open(fixture.moonlight.address);
  });
  afterEach(async () => {
    stream.drop();
    await fixture.close();
  });

  it.each<[string, RawFrame]>([
    ['ping', { opcode: 9 }],
    ['pong', { opcode: 10 }],
    ['binary', { opcode: 2, payload: '{}' }],
    ['fragment', { opcode: 1, isFinal: false, payload: '{"Sig' }],
    ['fragment', { opcode: 0, payload: 'naling"' }],
    ['oversized', { opcode: 1, payload: LONG }],
    ['unmasked', { opcode: 1, payload: OFFER, isMasked: false }],
  ])('ends the session when it is a %s', async (kind, frame) => {
    stream.sendText(initMessage());
    await stream.next(6);
    stream.send(frame);
    await stream.ended();
    expect(stream.messages.at(-1)).toBe('PeerDisconnect');
    expect(stream.closes).toEqual(['']);
    expect(stream.others).toEqual([]);
    expect(fixture.moonlight.status()).toMatchObject({ violations: [{ kind, sessionId: SESSION }], sessions: [] });
  });

  it('is noted and read as it stands when it has reserved bits', async () => {
    stream.sendText(initMessage());
    await stream.next(6);
    stream.send({ opcode: 1, payload: OFFER, reservedBits: 4 });
    await stream.next(8);
    expect(fixture.moonlight.status().violations).toMatchObject([{ kind: 'reserved-bits', sessionId: SESSION }]);
  });

  it('is only noted where Moonlight Web is told to bear it', async () => {
    fixture.moonlight.faults.strictFrames = false;
    stream.sendText(initMessage());
    await stream.next(6);
    stream.send({ opcode: 9 });
    stream.send({ opcode: 2, payload: '{}' });
    stream.sendText(OFFER);
    await stream.next(8);
    expect(fixture.moonlight.status().violations.map(({ kind }) => kind)).toEqual(['ping', 'binary']);
  });

  it('before the first message is skipped, so that a fragmented one is lost', async () => {
    const [start, end] = [initMessage().slice(0, 100), initMessage().slice(100)];
    stream.send({ opcode: 9 });
    stream.send({ opcode: 10 });
    stream.send({ opcode: 1, isFinal: false, payload: start });
    stream.send({ opcode: 0, payload: end });
    await eventually(() => {
      const kinds = fixture.moonlight.status().violations.map(({ kind }) => kind);
      expect(kinds).toEqual(['ping', 'pong', 'fragment', 'fragment']);
    });
    expect(stream.messages).toEqual([]);
    stream.sendText(initMessage());
    await stream.next(6);
  });

  it('of a megabyte is taken for one error', async () => {
    stream.sendText(initMessage());
    await stream.next(6);
    stream.send({ opcode: 1, payload: Buffer.alloc(1024 * 1024, 'x') });
    await stream.ended();
    expect(fixture.moonlight.status().violations.map(({ kind }) => kind)).toEqual(['oversized']);
  });
});
