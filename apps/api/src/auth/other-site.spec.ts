import type { IncomingMessage } from 'node:http';
import { isActOfAnotherSite, isFromAnotherSite, mayHoldSecret, type OwnSites } from './other-site.js';

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
    // A page cannot read what comes of it.
    expect(isActOfAnotherSite(from(origin, 'GET'), SITES)).toBe(false);
  });
});

describe('a request that says no origin', () => {
  const asking = (headers: Readonly<Record<string, string>>) =>
    ({ method: 'POST', headers: { host: 'helix.test', ...headers } }) as unknown as IncomingMessage;

  it.each([
    [{}, false],
    [{ 'sec-fetch-site': 'same-origin' }, false],
    [{ 'sec-fetch-site': 'none' }, false],
    [{ 'sec-fetch-site': 'same-site' }, true],
    [{ 'sec-fetch-site': 'cross-site' }, true],
    [{ referer: 'https://helix.test/console' }, false],
    [{ referer: 'https://app.test/x' }, false],
    [{ referer: 'https://evil.test/https://helix.test' }, true],
    [{ referer: 'about:blank' }, true],
    [{ referer: '' }, true],
    [{ 'sec-fetch-site': 'same-origin', referer: 'https://evil.test' }, false],
  ])('with %j comes from another site: %s', (headers, expected) => {
    expect(isFromAnotherSite(asking(headers), SITES)).toBe(expected);
  });

  const FETCH = { 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty', 'sec-fetch-site': 'same-origin' };
  it.each([
    [{}, true],
    [{ accept: '*/*' }, true],
    [{ accept: 'application/json' }, true],
    [{ 'sec-fetch-mode': 'cors' }, true],
    [FETCH, true],
    [{ ...FETCH, 'sec-fetch-mode': 'same-origin' }, true],
    [{ ...FETCH, 'sec-fetch-site': 'cross-site', origin: 'https://app.test' }, true],
    [{ accept: 'application/json', referer: 'https://helix.test/' }, true],
    [{ accept: 'text/html,application/xhtml+xml,*/*;q=0.8' }, false],
    [{ accept: 'TEXT/HTML', referer: 'https://helix.test/' }, false],
    [{ ...FETCH, 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' }, false],
    [{ 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document', 'sec-fetch-site': 'none' }, false],
    [{ 'sec-fetch-dest': 'iframe' }, false],
    [{ ...FETCH, 'sec-fetch-dest': 'script', 'sec-fetch-mode': 'no-cors' }, false],
    [{ ...FETCH, 'sec-fetch-mode': 'no-cors' }, false],
    [{ ...FETCH, 'sec-fetch-site': 'none' }, false],
    [{ ...FETCH, 'sec-fetch-site': 'cross-site' }, false],
    [{ ...FETCH, 'sec-fetch-site': 'same-site' }, false],
    [{ ...FETCH, origin: 'null' }, false],
    [{ origin: 'https://evil.test' }, false],
    [{ referer: 'https://evil.test/' }, false],
    [{ 'sec-fetch-mode': 'cors, navigate' }, false],
  ])('with %j may be told a secret: %s', (headers, expected) => {
    expect(mayHoldSecret(asking(headers), SITES)).toBe(expected);
  });
});
