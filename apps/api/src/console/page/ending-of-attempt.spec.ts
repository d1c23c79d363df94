import { closeReasonOf, reasonOfEnding } from './ending-of-attempt.js';

const heard = { closeCode: 1000, word: undefined, failure: undefined, wasTerminated: false };

describe('what follows the end of a stream', () => {
  it.each([
    [{}, 'ended'],
    [{ word: 'AlreadyStreaming' }, 'reconnect-later'],
    [{ word: 'AppNotFound', closeCode: 1005 }, 'reconnect-later'],
    [{ word: 'PeerDisconnect' }, 'reconnect-later'],
    [{ word: 'PeerDisconnect', wasTerminated: true }, 'ended'],
    [{ word: 'PeerDisconnect', failure: 'RTSP handshake: failed (5).' }, 'reconnect-later'],
    [{ word: 'HostNotFound' }, 'failed'],
    [{ word: 'ClientKicked' }, 'superseded'],
    [{ word: 'constructor' }, 'failed'],
    [{ failure: 'Authentication: failed (-1).' }, 'failed'],
  ] as const)('is by what the host said, %j: %s', (more, then) => {
    expect(reasonOfEnding({ ...heard, ...more }).then).toBe(then);
  });

  it('is by the code of the server where it gave one', () => {
    expect(reasonOfEnding({ ...heard, closeCode: 4410, word: 'PeerDisconnect' }).then).toBe('gone');
    expect(reasonOfEnding({ ...heard, closeCode: 4503, failure: 'x' }).then).toBe('reconnect-now');
    expect(reasonOfEnding({ ...heard, closeCode: 4403, wasTerminated: true }).then).toBe('refused');
  });
});

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

  it('ends for unknown codes and retries for what a network may do', () => {
    expect(closeReasonOf(4999)).toEqual({ then: 'failed', words: 'The server ended the connection (4999).' });
    expect(closeReasonOf(1009).then).toBe('failed');
    expect(closeReasonOf(1015).then).toBe('reconnect-later');
  });
});
