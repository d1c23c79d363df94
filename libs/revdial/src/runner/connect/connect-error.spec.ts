import { connectErrorOf, parseRetryAfter } from './connect-error.js';

describe('an answer that opens no link', () => {
  it.each([
    [401, '', undefined, 'REFUSED'],
    [403, '', undefined, 'REFUSED'],
    [400, 'runnerid is required', undefined, 'REFUSED'],
    [400, 'Bad Request', undefined, 'NOT_A_LINK'],
    [409, '', undefined, 'UNAVAILABLE'],
    [429, '', '1', 'UNAVAILABLE'],
    [503, '', '1', 'UNAVAILABLE'],
    [503, '', undefined, 'NOT_A_LINK'],
    [200, '', undefined, 'NOT_A_LINK'],
    [426, '', undefined, 'NOT_A_LINK'],
  ])('%d %j with Retry-After %s is %s', (status, body, retryAfter, code) => {
    expect(connectErrorOf({ status, body, retryAfter })).toMatchObject({ code, status });
  });

  it('reads Retry-After in both its forms, bounded', () => {
    const now = Date.parse('2026-01-01T00:00:00Z');
    expect(parseRetryAfter('7', now)).toBe(7_000);
    expect(parseRetryAfter('Thu, 01 Jan 2026 00:00:09 GMT', now)).toBe(9_000);
    expect(parseRetryAfter('Wed, 31 Dec 2025 00:00:00 GMT', now)).toBe(0);
    expect(parseRetryAfter('999999', now)).toBe(300_000);
    expect(parseRetryAfter('soon', now)).toBeUndefined();
    expect(parseRetryAfter(undefined, now)).toBeUndefined();
  });
});
