import { IceServers } from './ice-servers.js';

const NOW = new Date(1_764_056_800_000);
const URLS = { stunUrls: ['stun:stun.test:3478'], turnUrls: ['turn:turn.test:3478?transport=udp'] };

describe('the operator’s ICE servers', () => {
  it('are none when none is named, so that the host’s may be looked at', () => {
    const none = new IceServers({ stunUrls: [], turnUrls: [], turnSecret: undefined, turnTtlS: 43_200 });
    expect(none.for('usr_ann', NOW)).toBeUndefined();
  });

  it('have a password for one viewer, as coturn computes it from its secret', () => {
    const servers = new IceServers({ ...URLS, turnSecret: 'north', turnTtlS: 43_200 });
    expect(servers.for('usr_ann', NOW)).toEqual([
      { urls: ['stun:stun.test:3478'], username: '', credential: '' },
      {
        urls: ['turn:turn.test:3478?transport=udp'],
        username: '1764100000:usr_ann',
        // printf '1764100000:usr_ann' | openssl dgst -sha1 -hmac north -binary | base64
        credential: 'fbPrW1owvQymgndeg7Deztp6lq8=',
      },
    ]);
  });

  it('differ from viewer to viewer and from time to time', () => {
    const servers = new IceServers({ ...URLS, stunUrls: [], turnSecret: 'north', turnTtlS: 300 });
    const passwords = [
      servers.for('usr_ann', NOW),
      servers.for('usr_bob', NOW),
      servers.for('usr_ann', new Date(NOW.getTime() + 1_000)),
    ].map((list) => list?.[0]?.credential);
    expect(new Set(passwords).size).toBe(3);
  });
});
