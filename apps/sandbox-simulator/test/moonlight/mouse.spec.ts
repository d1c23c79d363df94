import { mouseMessageOf } from '../../src/moonlight/moonlight-wolf.js';
import { lobbyBody, wolfRequest } from '../wolf-request.js';
import { startMoonlight, type MoonlightFixture } from './moonlight-fixture.js';

describe('the mouse of a simulated desktop of 3840 × 2160', () => {
  let fixture: MoonlightFixture;
  beforeEach(async () => {
    fixture = await startMoonlight();
  });
  afterEach(async () => {
    await fixture.close();
  });

  async function joined(width: number, height: number): Promise<void> {
    const { wolf } = fixture;
    const made = await wolfRequest(wolf.socketPath, 'POST', '/lobbies/create', lobbyBody([]));
    wolf.launchSession({ clientId: '7', width, height });
    const { lobby_id } = made as { readonly lobby_id: string };
    await wolfRequest(wolf.socketPath, 'POST', '/lobbies/join', { lobby_id, moonlight_session_id: '7' });
  }

  it.each([
    [3840, 2160, { x: 3839, y: 2159 }],
    [1360, 656, { x: 1360, y: 656 }],
    [7680, 4320, { x: 3839, y: 2159 }],
  ])('is at the corner of a stream of %d × %d where Wolf puts it', async (width, height, place) => {
    await joined(width, height);
    fixture.wolf.pointAt('7', { x: 1, y: 1 });
    fixture.wolf.pressButton('7');
    fixture.wolf.pointAt('7', { x: -0.1, y: 0 });
    expect(fixture.wolf.lobbies).toMatchObject([{ pointer: { x: 0, y: 0 }, clicks: [place] }]);
  });

  it('is not moved by a client that has joined no lobby', async () => {
    await joined(1280, 720);
    fixture.wolf.launchSession({ clientId: '8' });
    fixture.wolf.pointAt('8', { x: 1, y: 1 });
    fixture.wolf.pressButton('8');
    expect(fixture.wolf.lobbies).toMatchObject([{ pointer: { x: 0, y: 0 }, clicks: [] }]);
  });
});

describe('bytes on a data channel', () => {
  it.each([
    ['mouseAbsolute', '01080004001000' + '1000', { kind: 'point', x: 0.5, y: 0.25 }],
    ['mouse', '01100010001000' + '1000', { kind: 'point', x: 1, y: 1 }],
    ['mouseClicks', '020101', { kind: 'press' }],
    ['mouse', '020103', { kind: 'press' }],
    ['mouseClicks', '020001', undefined],
    ['mouseClicks', '0300000078', undefined],
    ['mouseAbsolute', '0108000400100010', undefined],
    ['mouseAbsolute', '010800040000001000', undefined],
    ['keyboard', '020101', undefined],
    ['mouseAbsolute', '', undefined],
  ])('%s %s mean to the mouse: %j', (label, hex, meaning) => {
    expect(mouseMessageOf(label, Buffer.from(hex, 'hex'))).toEqual(meaning);
  });
});
