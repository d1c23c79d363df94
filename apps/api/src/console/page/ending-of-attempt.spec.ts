import { reasonOfEnding } from './ending-of-attempt.js';

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
