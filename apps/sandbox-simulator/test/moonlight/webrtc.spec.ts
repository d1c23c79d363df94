import { eventually } from '@helix/pacing/testing';
import { startMoonlight, type MoonlightFixture } from './moonlight-fixture.js';
import { WebRtcViewer } from './webrtc-viewer.js';

const UNIQUE = 'helix-agent-ses_01jexample0000000000000000-6b1f';
const PICTURE_BYTES = (320 * 192 * 3) / 2;

describe.each([
  ['K', '4d0033', 'mouseClicks', 'mouse'],
  ['H', '42e01f', 'mouse', 'mouseClicks'],
] as const)('the peer of Moonlight Web in dialect %s', (dialect, profile, label, wrongLabel) => {
  let fixture: MoonlightFixture;
  let viewer: WebRtcViewer;

  beforeEach(async () => {
    fixture = await startMoonlight({ engine: 'webrtc', dialect });
    viewer = await watching(['keyboard', label, wrongLabel, 'controller1']);
  });
  afterEach(async () => {
    await viewer.close();
    await fixture.close();
  });

  /** As pages do: whose connection does not come about, on a machine too busy for its deadlines, connects again. */
  const watching = async (labels: readonly string[]): Promise<WebRtcViewer> => {
    for (let attempt = 1; ; attempt += 1) {
      const candidate = await WebRtcViewer.open(fixture.moonlight.address, labels);
      const isSeen = await eventually(() => {
        expect(candidate.units.length).toBeGreaterThan(0);
      }, 7_000).then(
        () => true,
        () => false,
      );
      if (isSeen || attempt === 3) return candidate;
      await candidate.close();
    }
  };

  it('shows a picture that changes with the second, takes input, and ends with its client', async () => {
    await eventually(() => {
      const types = viewer.units.map((unit) => unit[0]! & 31);
      expect(types.slice(0, 3)).toEqual([7, 8, 5]);
      expect(types).toContain(1);
      const pictures = viewer.units.filter((unit) => (unit[0]! & 31) === 5 && unit.length > PICTURE_BYTES);
      expect(pictures.length).toBeGreaterThanOrEqual(2);
      expect(pictures[0]!.equals(pictures[1]!)).toBe(false);
    }, 20_000);
    const offers = viewer.stream.messages
      .map((message) => JSON.stringify(message))
      .filter((text) => text.includes('"offer"'));
    expect(offers).toHaveLength(1);
    expect(offers[0]).toContain(`profile-level-id=${profile}`);
    expect(offers[0]).toMatch(/m=video \d+ UDP\/TLS\/RTP\/SAVPF 96\\r.*m=audio \d+ UDP\/TLS\/RTP\/SAVPF 111\\r/);
    expect(offers[0]).toMatch(/a=msid:moonlight video\\r.*a=msid:moonlight audio\\r/);

    for (const [name, channel] of viewer.channels) channel.send(Buffer.from(name));
    await eventually(() => {
      const seen = fixture.moonlight
        .inputs(UNIQUE)
        .map((input) => [input.label, Buffer.from(input.hex, 'hex').toString()]);
      expect(seen.sort()).toEqual(['controller1', 'keyboard', label].map((name) => [name, name]));
    });
    expect(fixture.moonlight.inputs('another-client')).toEqual([]);
    fixture.moonlight.clearInputs();
    expect(fixture.moonlight.inputs()).toEqual([]);

    fixture.moonlight.reportConnection('Poor');
    await fixture.moonlight.terminate(-102);
    await eventually(() => {
      expect(viewer.general).toEqual(['{"ConnectionStatusUpdate":{"status":"Poor"}}', '"ConnectionTerminated"']);
    });
    expect(fixture.wolf.sessionIds).toEqual([]);
    // One dialect is enough for the five seconds that it takes (moonlight-web §3.5).
    if (dialect === 'H') return;
    await viewer.connection.close();
    await eventually(() => {
      expect([viewer.stream.messages.at(-1), viewer.stream.closes]).toEqual(['PeerDisconnect', ['']]);
    });
  });
});
