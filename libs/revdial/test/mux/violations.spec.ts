import { Multiplexer, RESET_CODES, onDefect } from '@helix/revdial';
import type { MultiplexerOptions, MuxStream } from '@helix/revdial';
import { ACK, DATA, FIN, GO_AWAY, PING, RST, SYN, WINDOW_UPDATE, frame } from './support/frames.js';
import { ScriptedPipe, turn } from './support/scripted-pipe.js';
import { readExactly } from './support/stream-outcome.js';

const KIB = 1024;

/** The end of the test's script is an odd-numbered client. */
describe('the peer of a multiplexer', () => {
  let pipe: ScriptedPipe;
  let mux: Multiplexer;
  let accepted: MuxStream[];

  function start(options: Partial<MultiplexerOptions> = {}): void {
    pipe = new ScriptedPipe();
    accepted = [];
    mux = new Multiplexer(pipe, {
      role: 'server',
      onStream: (stream) => {
        stream.on('error', () => undefined);
        accepted.push(stream);
      },
      ...options,
    });
  }

  async function resets(): Promise<(number | undefined)[][]> {
    await turn();
    return pipe
      .takeFrames()
      .filter(({ flags }) => (flags & RST) !== 0)
      .map(({ id, length }) => [id, length]);
  }

  beforeEach(() => {
    start();
  });

  it.each<[string, Buffer]>([
    ['another version', Buffer.concat([Buffer.from([1]), frame(PING, SYN, 0, 1).subarray(1)])],
    ['an unknown type', frame(4, 0, 0, 0)],
    ['unknown flags', frame(DATA, 16, 1, 0)],
    ['data on a stream that was never opened', frame(DATA, 0, 1, 'x')],
    ['credit for a stream that was never opened', frame(WINDOW_UPDATE, 0, 3, 1)],
    ['a reset of a stream that was never opened', frame(WINDOW_UPDATE, RST, 3, 1)],
    ['a frame of one of our ids that was never used', frame(WINDOW_UPDATE, 0, 2, 1)],
    ['an opening with an id of ours', frame(DATA, SYN, 2, 'x')],
    ['an opening of a stream that is open', Buffer.concat([frame(DATA, SYN, 1, 'x'), frame(DATA, SYN, 1, 'x')])],
    [
      'an opening of a stream that was open',
      Buffer.concat([frame(DATA, SYN, 1, 'x'), frame(WINDOW_UPDATE, RST, 1, 1), frame(DATA, SYN, 1, 'x')]),
    ],
    ['data after the end of the stream', Buffer.concat([frame(DATA, SYN | FIN, 1, 'x'), frame(DATA, 0, 1, 'x')])],
    ['a frame longer than 16 MiB', frame(DATA, SYN, 1, 0).fill(2, 8)],
    ['data on the id of the link', frame(DATA, SYN, 0, 0)],
    ['credit on the id of the link', frame(WINDOW_UPDATE, 0, 0, 5)],
    ['a ping with the id of a stream', frame(PING, SYN, 1, 5)],
    ['a ping that neither asks nor answers', frame(PING, 0, 0, 5)],
    ['a ping that asks and answers', frame(PING, SYN | ACK, 0, 5)],
    ['go away with the id of a stream', frame(GO_AWAY, 0, 1, 0)],
  ])('ends the link with %s', (_name, bytes) => {
    pipe.receive(bytes);
    expect(pipe.end).toMatchObject({ code: 'protocol-violation', byPeer: false });
    expect(pipe.takeFrames().at(-1)).toMatchObject({ type: GO_AWAY, length: 1 });
    expect(mux.stats.streamsOpen).toBe(0);
    for (const stream of accepted) expect(stream.destroyed).toBe(true);
  });

  it.each([
    [1, 'protocol-violation'],
    [2, 'internal'],
    [77, 'protocol-violation'],
  ])('ends the link with go away %i', (code, end) => {
    pipe.receive(frame(GO_AWAY, 0, 0, code));
    expect(pipe.end).toMatchObject({ code: end });
  });

  it('hears nothing of what it said after its violation', () => {
    pipe.receive(frame(9, 0, 0, 0), frame(DATA, SYN, 1, 'x'));
    pipe.receive(frame(DATA, SYN, 3, 'x'));
    expect(accepted).toEqual([]);
  });

  it('loses only the stream on which it sends more than the window', async () => {
    pipe.receive(frame(DATA, SYN, 1, Buffer.alloc(256 * KIB)), frame(DATA, SYN, 3, 'y'), frame(DATA, 0, 1, 'x'));
    expect(accepted[0]?.errored).toMatchObject({ code: 'flow-violation' });
    expect(await resets()).toEqual([[1, RESET_CODES['flow-violation']]]);
    expect(accepted[1]?.destroyed).toBe(false);
    expect(pipe.end).toBeUndefined();
    expect(mux.stats).toMatchObject({ streamsOpen: 1, unreadBytes: 1 });
  });

  it('loses only the stream on which it gives more credit than the wire can hold', async () => {
    pipe.receive(frame(WINDOW_UPDATE, SYN, 1, 0xffffffff));
    expect(await resets()).toEqual([[1, RESET_CODES['flow-violation']]]);
    expect(pipe.end).toBeUndefined();
  });

  it('may be late: what comes for a stream that is gone is skipped', async () => {
    pipe.receive(frame(DATA, SYN, 1, 'x'));
    accepted[0]?.destroy();
    pipe.receive(
      frame(DATA, 0, 1, Buffer.alloc(100 * KIB)),
      frame(WINDOW_UPDATE, 0, 1, 5),
      frame(DATA, FIN, 1, ''),
      frame(WINDOW_UPDATE, RST, 1, 1),
      frame(DATA, SYN, 3, 'y'),
    );
    expect(pipe.end).toBeUndefined();
    expect(accepted).toHaveLength(2);
    expect(mux.stats.unreadBytes).toBe(1);
    expect(await resets()).toEqual([[1, RESET_CODES.cancelled]]);
  });

  it('gets no stream beyond the limit, and one again when another has ended', async () => {
    start({ limits: { streamsMaxCount: 2 } });
    pipe.receive(...[1, 3, 5].map((id) => frame(DATA, SYN, id, 'x')), frame(DATA, 0, 5, 'late'));
    expect(accepted).toHaveLength(2);
    expect(await resets()).toEqual([[5, RESET_CODES.limit]]);
    pipe.receive(frame(WINDOW_UPDATE, RST, 1, 1), frame(DATA, SYN, 7, 'x'));
    expect(accepted).toHaveLength(3);
    expect(mux.stats.streamsOpen).toBe(2);
  });

  it('closes the link with limit when the peer pings and reads no answers', () => {
    pipe.writableBytes = 0;
    const pings = Buffer.concat(Array.from({ length: 1000 }, () => frame(PING, SYN, 0, 1)));
    for (let count = 0; count < 22; count += 1) pipe.receive(pings);
    expect(pipe.end).toMatchObject({ code: 'limit' });
  });

  it('resets the stream whose acceptor throws, and the link goes on', async () => {
    const defects: unknown[] = [];
    const stop = onDefect(({ error }) => defects.push(error));
    start({
      onStream: (stream) => {
        if (stream.id === 1) throw new Error('a defect');
        accepted.push(stream);
      },
    });
    pipe.receive(frame(DATA, SYN, 1, 'x'), frame(DATA, SYN, 3, 'y'));
    expect(await resets()).toEqual([[1, RESET_CODES.internal]]);
    expect(pipe.end).toBeUndefined();
    expect(String(await readExactly(accepted[0]!, 1))).toBe('y');
    expect(defects).toEqual([new Error('a defect')]);
    stop();
  });
});

describe('our own end of a multiplexer', () => {
  it('opens no more streams than the limit', () => {
    const mux = new Multiplexer(new ScriptedPipe(), { role: 'client', limits: { streamsMaxCount: 1 } });
    const [first, second] = [0, 1].map(() => mux.openStream({ class: 'bulk' }).on('error', () => undefined));
    expect(first?.errored).toBeNull();
    expect(second?.errored).toMatchObject({ code: 'limit' });
  });
});
