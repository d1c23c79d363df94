import { createHash, randomBytes } from 'node:crypto';
import { eventually } from '@helix/pacing/testing';
import { MuxPair, echo } from './support/mux-pair.js';
import { PIPE_PAIRS } from './support/pipe-pairs.js';

/** Ten times as many in a nightly run: the same code, some ten seconds. */
const STREAM_COUNT = process.env['NIGHTLY'] ? 1_000 : 100;
const BYTES_EACH = 1_000_000;

describe('many streams at once', () => {
  it.each(['memory', 'TCP'])('each get their own megabyte back, over %s', async (name) => {
    const pair = new MuxPair(await PIPE_PAIRS[name]!(), { acceptor: { onStream: echo } });
    const block = randomBytes(BYTES_EACH + STREAM_COUNT);
    const echoed = Array.from({ length: STREAM_COUNT }, (_, at) => {
      // Each its own bytes, so that one stream's bytes in another are seen.
      const bytes = block.subarray(at, at + BYTES_EACH);
      const stream = pair.opener.openStream({ class: at % 2 === 0 ? 'interactive' : 'bulk' });
      const received = createHash('sha256');
      stream.on('data', (piece: Buffer) => received.update(piece));
      stream.end(bytes);
      return new Promise<boolean>((resolve, reject) => {
        stream.once('error', reject);
        stream.once('end', () => {
          resolve(received.digest('hex') === createHash('sha256').update(bytes).digest('hex'));
        });
      });
    });
    expect(new Set(await Promise.all(echoed))).toEqual(new Set([true]));
    await eventually(() => {
      expect(pair.opener.stats).toMatchObject({ streamsOpen: 0, unreadBytes: 0 });
      expect(pair.acceptor.stats).toMatchObject({ streamsOpen: 0, unreadBytes: 0 });
    });
    await pair.end();
  });
});
