import { Multiplexer, RESET_CODES } from '@helix/revdial';
import type { MultiplexerOptions, MuxStream, ResetCode } from '@helix/revdial';
import { ACK, DATA, FIN, GO_AWAY, PING, RST, SYN, WINDOW_UPDATE, frame } from './support/frames.js';
import { ScriptedPipe, turn } from './support/scripted-pipe.js';

const KIB = 1024;

/** Golden bytes, written by hand from yamux's public spec ("Framing", "Message Flow"). */
describe('the wire', () => {
  let pipe: ScriptedPipe;
  let accepted: MuxStream[];

  function start(role: 'client' | 'server', options: Partial<MultiplexerOptions> = {}): Multiplexer {
    pipe = new ScriptedPipe();
    accepted = [];
    return new Multiplexer(pipe, {
      role,
      onStream: (stream) => {
        stream.on('error', () => undefined);
        accepted.push(stream);
      },
      ...options,
    });
  }

  function open(mux: Multiplexer): MuxStream {
    return mux.openStream({ class: 'interactive' }).on('error', () => undefined);
  }

  async function written(): Promise<string> {
    await turn();
    return pipe.takeBytes().toString('hex');
  }

  it('carries the first bytes with the opening', async () => {
    open(start('client')).write('hi');
    expect(await written()).toBe('0000' + '0001' + '00000001' + '00000002' + '6869');
  });

  it('carries first bytes, opening and end in one frame', async () => {
    open(start('server')).end('hi');
    expect(await written()).toBe('0000' + '0005' + '00000002' + '00000002' + '6869');
  });

  it('opens with a window update when there are no bytes yet', async () => {
    const stream = open(start('server'));
    expect(await written()).toBe('0001' + '0001' + '00000002' + '00000000');
    stream.write('hi');
    expect(await written()).toBe('0000' + '0000' + '00000002' + '00000002' + '6869');
  });

  it('numbers streams as their first frames leave, the urgent first', async () => {
    const mux = start('client');
    const bulk = mux.openStream({ class: 'bulk' });
    const interactive = mux.openStream({ class: 'interactive' });
    await turn();
    expect([interactive.id, bulk.id]).toEqual([1, 3]);
  });

  it('acknowledges an opening, with the first bytes where they are at hand', async () => {
    start('server', { onStream: (stream) => stream.write('ok') });
    pipe.receive(frame(DATA, SYN, 1, 'hi'));
    expect(await written()).toBe('0000' + '0002' + '00000001' + '00000002' + '6f6b');
    start('server');
    pipe.receive(frame(DATA, SYN, 1, 'hi'));
    expect(await written()).toBe('0001' + '0002' + '00000001' + '00000000');
  });

  it('writes the end of a stream alone when its last bytes have left', async () => {
    const stream = open(start('client'));
    stream.write('hi');
    await written();
    stream.end();
    expect(await written()).toBe('0001' + '0004' + '00000001' + '00000000');
  });

  it.each(Object.entries(RESET_CODES) as [ResetCode, number][])(
    'resets with a window update of RST and the code %s',
    async (code, value) => {
      const stream = open(start('client'));
      await written();
      stream.reset(code);
      expect(await written()).toBe(`0001000800000001${value.toString(16).padStart(8, '0')}`);
    },
  );

  it('says nothing of a stream that was given up before its first frame', async () => {
    const stream = open(start('client'));
    stream.write('hi');
    stream.destroy();
    expect(await written()).toBe('');
  });

  it('asks and answers pings with the value that came', async () => {
    const mux = start('client');
    const asked = mux.ping();
    expect(await written()).toBe('0002' + '0001' + '00000000' + '00000001');
    pipe.receive(frame(PING, ACK, 0, 1), frame(PING, SYN, 0, 0xdeadbeef));
    expect(await asked).toBeGreaterThanOrEqual(0);
    expect(await written()).toBe('0002' + '0002' + '00000000' + 'deadbeef');
  });

  it('says go away with the code 0', async () => {
    start('client').goAway();
    expect(await written()).toBe('0003' + '0000' + '00000000' + '00000000');
  });

  it('gives credit for what was read, half a window at a time', async () => {
    start('server');
    pipe.receive(frame(DATA, SYN, 1, Buffer.alloc(128 * KIB - 1)));
    await written();
    accepted[0]?.on('data', () => undefined);
    await turn();
    expect(await written()).toBe('');
    pipe.receive(frame(DATA, 0, 1, 'x'));
    expect(await written()).toBe('0001' + '0000' + '00000001' + '00020000');
  });

  it('cuts long writes into frames of 64 KiB, and stops where the window ends', async () => {
    const stream = open(start('client'));
    pipe.writableBytes = 1024 * KIB;
    stream.write(Buffer.alloc(300 * KIB));
    await turn();
    const frames = pipe.takeFrames();
    expect(frames.map(({ length }) => length)).toEqual([64, 64, 64, 64].map((count) => count * KIB));
    pipe.receive(frame(WINDOW_UPDATE, 0, 1, 1000));
    await turn();
    expect(pipe.takeFrames().map(({ length }) => length)).toEqual([1000]);
  });

  it('gathers what is written in one turn into one write', async () => {
    const mux = start('client');
    for (let count = 0; count < 20; count += 1) open(mux).end(`request ${count}`);
    await turn();
    expect(pipe.writeCount).toBe(1);
    expect(pipe.takeFrames()).toHaveLength(20);
  });

  it('hears of go away, opens no more and lets the rest go on', async () => {
    let goneAwayCount = 0;
    const mux = start('client', { onGoAway: () => (goneAwayCount += 1) });
    const stream = open(mux);
    await turn();
    const waiting = open(mux);
    pipe.receive(frame(GO_AWAY, 0, 0, 0));
    expect(goneAwayCount).toBe(1);
    expect(waiting.errored).toMatchObject({ code: 'refused' });
    expect(open(mux).errored).toMatchObject({ code: 'refused' });
    pipe.takeBytes();
    stream.write('on');
    await turn();
    expect(pipe.takeFrames()).toMatchObject([{ type: DATA, id: 1, length: 2 }]);
  });

  it('refuses what the peer opens after our go away', async () => {
    const mux = start('server');
    mux.goAway();
    pipe.receive(frame(DATA, SYN, 1, 'hi'));
    await turn();
    expect(pipe.takeFrames().at(-1)).toMatchObject({
      type: WINDOW_UPDATE,
      flags: RST,
      id: 1,
      length: RESET_CODES.refused,
    });
    expect(accepted).toEqual([]);
  });

  it('hears the end that comes with a window update, as with data', async () => {
    start('server');
    pipe.receive(frame(WINDOW_UPDATE, SYN | FIN, 1, 0), frame(DATA, SYN | FIN, 3, 'x'));
    const ends = accepted.map((stream) => new Promise((resolve) => stream.once('end', resolve)));
    for (const stream of accepted) stream.resume();
    await Promise.all(ends);
  });

  it('understands ids that a plain yamux sends out of order', () => {
    start('server');
    pipe.receive(frame(DATA, SYN, 5, 'x'), frame(DATA, SYN, 1, 'y'), frame(DATA, 0, 5, 'z'), frame(DATA, SYN, 3, 'z'));
    expect(accepted.map(({ id }) => id)).toEqual([5, 1, 3]);
    expect(pipe.end).toBeUndefined();
  });

  it('takes a RST of data for a reset without a code, and answers it with none', async () => {
    const mux = start('server');
    pipe.receive(frame(DATA, SYN, 1, 'x'), frame(DATA, RST, 1, 'y'));
    expect(accepted[0]?.errored).toMatchObject({ code: 'unknown' });
    expect(mux.stats.streamsOpen).toBe(0);
    await turn();
    expect(pipe.takeFrames().filter(({ flags }) => (flags & RST) !== 0)).toEqual([]);
  });
});
