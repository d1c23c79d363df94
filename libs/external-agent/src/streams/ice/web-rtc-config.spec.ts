import { rewriteIceLinks } from './ice-links.js';
import { rewriteWebRtcConfig } from './web-rtc-config.js';

const OURS = [{ urls: ['turn:ours:3478'], username: '1:a', credential: 'c' }];
const STATIC = { urls: ['turn:host:3478'], username: 'helix', credential: 'for everybody' };
const STUN = { urls: ['stun:host:3478'], username: '', credential: '' };
const config = (...servers: readonly unknown[]) => ({ WebRtcConfig: { ice_servers: servers } });

describe('rewriteWebRtcConfig', () => {
  it('puts the operator’s servers in place of the host’s', () => {
    expect(rewriteWebRtcConfig(config(STUN, STATIC), OURS)).toEqual(config(...OURS));
    expect(rewriteWebRtcConfig(config(), OURS)).toEqual(config(...OURS));
  });

  it('passes the host’s servers on where the operator names none, but never a password', () => {
    const rewritten = rewriteWebRtcConfig(config(STUN, STATIC), undefined);
    expect(rewritten).toEqual(config(STUN));
    expect(JSON.stringify(rewritten)).not.toContain('everybody');
  });

  it.each([
    [{ ...STUN, credential: 'x' }],
    [{ ...STUN, username: 'x' }],
    [{ ...STUN, credential: 7 }],
    [{ ...STUN, credential: { secret: 'x' } }],
    [{ urls: ['turn:host:3478'], username: '', credential: '' }],
    [{ urls: 'stun:host', username: '', credential: '' }],
    [{ urls: ['https://host'], username: '', credential: '' }],
    [{ urls: ['stun:a b'] }],
    [{ urls: [7] }],
    ['stun:host'],
    [null],
  ])('leaves out %j', (entry) => {
    expect(rewriteWebRtcConfig(config(entry), undefined)).toEqual(config());
  });

  it('leaves an entry without user and password as it is, absent or null', () => {
    expect(rewriteWebRtcConfig(config({ urls: STUN.urls }), undefined)).toEqual(config(STUN));
    const nulls = { urls: STUN.urls, username: null, credential: null, more: 1 };
    expect(rewriteWebRtcConfig(config(nulls), undefined)).toEqual(config(STUN));
  });

  it('passes on no more servers than a browser could use', () => {
    const many = rewriteWebRtcConfig(config(...Array.from({ length: 100 }, () => STUN)), undefined);
    expect(many?.WebRtcConfig.ice_servers).toHaveLength(16);
  });

  it.each([[null], ['PeerDisconnect'], [{}], [{ WebRtcConfig: null }], [{ WebRtcConfig: { ice_servers: {} } }], [[]]])(
    'says that %j is none',
    (message) => {
      expect(rewriteWebRtcConfig(message, OURS)).toBeUndefined();
    },
  );
});

describe('rewriteIceLinks', () => {
  const stun = '<stun:host:3478>; rel="ice-server"';
  const turn = '<turn:host:3478>; rel="ice-server"; username="helix"; credential="for everybody"';

  it('follows the same rule for Link headers', () => {
    expect(rewriteIceLinks(`${stun}, ${turn}, <https://host>; rel="next"`, undefined)).toEqual([stun]);
    expect(rewriteIceLinks([turn, stun], undefined)).toEqual([stun]);
    expect(rewriteIceLinks(undefined, undefined)).toEqual([]);
    expect(rewriteIceLinks(turn, OURS)).toEqual([
      '<turn:ours:3478>; rel="ice-server"; username="1:a"; credential="c"; credential-type="password"',
    ]);
  });
});
