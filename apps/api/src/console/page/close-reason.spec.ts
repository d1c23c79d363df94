import { closeReasonOf } from './close-reason.js';

describe('what follows when the socket closes', () => {
  it.each([
    [1000, 'ended'],
    [1005, 'ended'],
    [1001, 'reconnect-now'],
    [1012, 'reconnect-now'],
    [4503, 'reconnect-now'],
    [1006, 'reconnect-later'],
    [1011, 'reconnect-later'],
    [1013, 'reconnect-later'],
    [4502, 'reconnect-later'],
    [4000, 'superseded'],
    [4400, 'failed'],
    [4401, 'sign-in'],
    [4403, 'refused'],
    [4404, 'gone'],
    [4410, 'gone'],
  ] as const)('after %i: %s', (code, then) => {
    expect(closeReasonOf(code)).toEqual({ then, words: expect.stringMatching(/\.$/) as string });
  });

  it('is an end for codes that nobody knows, and another attempt for what a network may do', () => {
    expect(closeReasonOf(4999)).toEqual({ then: 'failed', words: 'The server ended the connection (4999).' });
    expect(closeReasonOf(1009).then).toBe('failed');
    expect(closeReasonOf(1015).then).toBe('reconnect-later');
  });
});
