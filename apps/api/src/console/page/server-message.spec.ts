import { parseServerMessage } from './server-message.js';

const parse = (value: unknown) => parseServerMessage(JSON.stringify(value));

describe('a message of the server', () => {
  it('is understood in every form that matters', () => {
    expect(parse({ Signaling: { Description: { ty: 'offer', sdp: 'v=0\r\n' } } })).toEqual({
      kind: 'description',
      type: 'offer',
      sdp: 'v=0\r\n',
    });
    const candidate = { candidate: 'candidate:1', sdp_mid: '', sdp_mline_index: 0, username_fragment: null };
    expect(parse({ Signaling: { AddIceCandidate: candidate } })).toEqual({
      kind: 'candidate',
      candidate: { candidate: 'candidate:1', sdpMid: '', sdpMLineIndex: 0 },
    });
    expect(parse({ StageStarting: { stage: 'a' } })).toEqual({ kind: 'stage-starting', stage: 'a' });
    expect(parse({ StageComplete: { stage: 'a' } })).toEqual({ kind: 'stage-complete', stage: 'a' });
    expect(parse({ StageFailed: { stage: 'a', error_code: -1 } })).toEqual({
      kind: 'stage-failed',
      stage: 'a',
      errorCode: -1,
    });
    expect(parse({ ConnectionComplete: { width: 1 } })).toEqual({ kind: 'complete' });
    expect(parse({ ConnectionTerminated: { error_code: 7 } })).toEqual({ kind: 'terminated', errorCode: 7 });
    expect(parse('AlreadyStreaming')).toEqual({ kind: 'error', word: 'AlreadyStreaming' });
  });

  it('brings no ICE servers that a browser would refuse', () => {
    const ice_servers = [
      { urls: ['stun:stun.test:3478', 'http://x'], username: '', credential: '' },
      { urls: ['turn:turn.test'], username: 'u', credential: 'c' },
      { urls: ['turn:turn.test'], username: '', credential: '' },
      { urls: [] },
      { urls: 'stun:x' },
      null,
    ];
    expect(parse({ WebRtcConfig: { ice_servers } })).toEqual({
      kind: 'ice-servers',
      servers: [
        { urls: ['stun:stun.test:3478'], username: '', credential: '' },
        { urls: ['turn:turn.test'], username: 'u', credential: 'c' },
      ],
    });
    expect(parse({ WebRtcConfig: {} })).toEqual({ kind: 'ice-servers', servers: [] });
  });

  it.each([
    '',
    '{',
    'null',
    '[]',
    '7',
    '{}',
    '{"UpdateApp":{"app":{}}}',
    '{"New":1}',
    '{"Signaling":null}',
    '{"Signaling":{"Description":{"ty":"rollback","sdp":""}}}',
    '{"Signaling":{"AddIceCandidate":{"candidate":""}}}',
    `{"StageStarting":{"stage":"${'x'.repeat(300_000)}"}}`,
  ])('is passed over when it is %.60s', (text) => {
    expect(parseServerMessage(text)).toBeUndefined();
  });
});
