import fc from 'fast-check';
import { LIMITS } from '../../limits.js';
import { buildHelixFirstMessage, buildV2FirstMessage, buildV3FirstMessage } from './first-message.js';

const IDENTITY = {
  credentials: 'of-the-operator',
  upstreamSessionId: 'agent-ses_01kata7wrce3cd5j3hg5ttvjw6-fresh',
  clientUniqueId: 'helix-agent-ses_01kata7wrce3cd5j3hg5ttvjw6-viewer',
  hostId: 3,
  appId: 134_906_179,
  display: { width: 2560, height: 1440, refreshHz: 75 },
};
const SENT = {
  credentials: 'a user token',
  session_id: 'agent-ses_somebody-else',
  mode: 'join',
  client_unique_id: 'helix-agent-ses_somebody-else',
  host_id: 9,
  app_id: 9,
  bitrate: 40_000,
  packet_size: 1024,
  fps: 60,
  width: 1920,
  height: 1080,
  video_sample_queue_size: 50,
  play_audio_local: false,
  audio_sample_queue_size: 20,
  video_supported_formats: 1,
  video_colorspace: 'Rec709',
  video_color_range_full: false,
};

const helix = (fields: unknown): unknown => {
  const built = buildHelixFirstMessage(JSON.stringify({ AuthenticateAndInit: fields }), IDENTITY);
  return built.isAccepted ? (JSON.parse(built.text) as { AuthenticateAndInit: unknown }).AuthenticateAndInit : built;
};

describe('the first message to a host', () => {
  it('says who views in the words of the server, whatever the viewer said', () => {
    expect(helix(SENT)).toEqual({
      ...SENT,
      credentials: 'of-the-operator',
      session_id: IDENTITY.upstreamSessionId,
      mode: 'create',
      client_unique_id: IDENTITY.clientUniqueId,
      host_id: 3,
      app_id: 134_906_179,
      width: 2560,
      height: 1440,
      fps: 75,
    });
  });

  it('has every field that the host needs when the viewer sends none', () => {
    expect(Object.keys(helix({}) as object).sort()).toEqual(Object.keys(SENT).sort());
  });

  it('leaves out what the host does not know', () => {
    expect(helix({ ...SENT, admin: true, __proto__: { x: 1 } })).not.toHaveProperty('admin');
  });

  it.each([
    [{ bitrate: 1234.4 }, { bitrate: 1234 }],
    [{ packet_size: -5 }, { packet_size: 256 }],
    [{ bitrate: 1e12 }, { bitrate: LIMITS.streamMaxBitrateKbps }],
    [{ video_supported_formats: 2 }, { video_supported_formats: 1 }],
    [{ video_supported_formats: 0x1003 }, { video_supported_formats: 0x1001 }],
    [{ video_colorspace: 'Rec9000' }, { video_colorspace: 'Rec709' }],
    [{ video_sample_queue_size: null }, { video_sample_queue_size: 50 }],
  ])('brings %j into range', (given, expected) => {
    expect(helix({ ...SENT, ...given })).toMatchObject(expected);
  });

  it.each([{}, { width: 1360, height: 656, fps: 30 }, { width: '1920', height: null, fps: -1 }, { width: 1e9 }])(
    'asks for the size and rate of the desktop, whatever the viewer says: %j',
    (given) => {
      expect(helix({ ...SENT, ...given })).toMatchObject({ width: 2560, height: 1440, fps: 75 });
      const request = buildV3FirstMessage(JSON.stringify({ Request: given }), IDENTITY);
      expect(request.isAccepted && JSON.parse(request.text)).toMatchObject({
        Request: { width: 2560, height: 1440, fps: 75 },
      });
    },
  );

  it.each([
    ['not JSON', '{'],
    ['a bare string', '"AuthenticateAndInit"'],
    ['a list', '[]'],
    ['another message', '{"Signaling":{}}'],
    ['two messages at once', '{"AuthenticateAndInit":{},"Signaling":{}}'],
    ['no fields', '{"AuthenticateAndInit":null}'],
    ['text for a number', '{"AuthenticateAndInit":{"bitrate":"1920"}}'],
    ['text for a switch', '{"AuthenticateAndInit":{"play_audio_local":"yes"}}'],
  ])('is not made of %s', (_, text) => {
    expect(buildHelixFirstMessage(text, IDENTITY).isAccepted).toBe(false);
  });

  it('never carries another identity, whatever JSON a viewer sends', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...Object.keys(SENT), 'x'), fc.jsonValue()), (fields) => {
        const built = buildHelixFirstMessage(JSON.stringify({ AuthenticateAndInit: fields }), IDENTITY);
        if (!built.isAccepted) return;
        const { AuthenticateAndInit: sent } = JSON.parse(built.text) as { AuthenticateAndInit: typeof SENT };
        expect(sent).toMatchObject({
          credentials: IDENTITY.credentials,
          session_id: IDENTITY.upstreamSessionId,
          mode: 'create',
          client_unique_id: IDENTITY.clientUniqueId,
          host_id: 3,
          app_id: IDENTITY.appId,
        });
        for (const value of [sent.width, sent.height, sent.fps, sent.bitrate])
          expect(Number.isInteger(value)).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  it('to upstream version 2 carries no credentials, and the settings only where they were given', () => {
    const short = buildV2FirstMessage('{"Init":{"host_id":9,"app_id":9,"video_frame_queue_size":7}}', IDENTITY);
    expect(short.isAccepted && JSON.parse(short.text)).toEqual({
      Init: { host_id: 3, app_id: IDENTITY.appId, video_frame_queue_size: 7, audio_sample_queue_size: 20 },
    });
    const long = buildV2FirstMessage(JSON.stringify({ Init: SENT }), IDENTITY);
    expect(long.isAccepted && JSON.parse(long.text)).toMatchObject({
      Init: { host_id: 3, bitrate: 40_000, width: 2560, height: 1440, fps: 75 },
    });
    expect(long.isAccepted && long.text).not.toContain('of-the-operator');
  });

  it('to upstream version 3 asks for the server’s host and app', () => {
    const built = buildV3FirstMessage('{"Request":{"host_id":9,"app_id":9,"width":1280,"hdr":true,"x":1}}', IDENTITY);
    expect(built.isAccepted && JSON.parse(built.text)).toEqual({
      Request: { host_id: 3, app_id: IDENTITY.appId, width: 2560, height: 1440, fps: 75, bitrate: 20_000, hdr: true },
    });
  });
});
