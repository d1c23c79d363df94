import type { IncomingMessage } from 'node:http';
import { isActOfAnotherSite, isFromAnotherSite, type OwnSites } from './other-site.js';

const SITES: OwnSites = {
  serverUrl: 'https://helix.test',
  streaming: { allowedOrigins: ['https://app.test', 'http://localhost:5173'] },
};

const from = (origin: string | undefined, method = 'POST', host = 'helix.test') =>
  ({ method, headers: { host, ...(origin !== undefined && { origin }) } }) as IncomingMessage;

describe('a page of another site', () => {
  it.each(['https://app.test', 'http://localhost:5173', 'https://helix.test', undefined])(
    'is not that of %s',
    (origin) => {
      expect(isFromAnotherSite(from(origin), SITES)).toBe(false);
      expect(isActOfAnotherSite(from(origin), SITES)).toBe(false);
    },
  );

  it.each([
    'http://app.test',
    'https://app.test:8443',
    'https://x.app.test',
    'https://app.test.evil.test',
    'http://localhost:5174',
    'https://evil.test',
    'null',
    '',
  ])('is that of %j', (origin) => {
    expect(isFromAnotherSite(from(origin), SITES)).toBe(true);
    expect(isActOfAnotherSite(from(origin), SITES)).toBe(true);
    // A page can not read what comes of it.
    expect(isActOfAnotherSite(from(origin, 'GET'), SITES)).toBe(false);
  });
});
