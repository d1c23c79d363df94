import { createHash, randomBytes } from 'node:crypto';
import { RESET_CODES } from '@helix/revdial';
import type { MuxRole, MuxStream, ResetCode } from '@helix/revdial';
import { eventually } from '@helix/pacing/testing';
import { MuxPair, echo } from './support/mux-pair.js';
import { PIPE_PAIRS } from './support/pipe-pairs.js';
import { failureCode, readAll, readExactly } from './support/stream-outcome.js';

const CASES = Object.keys(PIPE_PAIRS).flatMap((pipe) =>
  (['client', 'server'] as const).map((openerRole) => ({ pipe, openerRole })),
);

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

describe.each(CASES)('a multiplexer over $pipe whose $openerRole opens', ({ pipe, openerRole }) => {
  let pair: MuxPair;

  async function start(options: ConstructorParameters<typeof MuxPair>[1] = {}): Promise<MuxPair> {
    const open = PIPE_PAIRS[pipe];
    if (open === undefined) throw new Error(pipe);
    pair = new MuxPair(await open(), { openerRole, ...options });
    return pair;
  }

  async function openStream(): Promise<[MuxStream, MuxStream]> {
    const count = pair.accepted.length;
    const stream = pair.open('interactive');
    stream.write('first');
    await eventually(() => expect(pair.accepted.length).toBe(count + 1));
    const accepted = pair.accepted[count]!;
    expect((await readExactly(accepted, 5)).toString()).toBe('first');
    return [stream, accepted];
  }

  afterEach(async () => {
    await pair.end();
  });

  it('carries bytes both ways as they are', async () => {
    await start({ acceptor: { onStream: echo } });
    const bytes = randomBytes(pipe === 'memory in crumbs' ? 100_000 : 1_000_000);
    const stream = pair.opener.openStream({ class: 'bulk' });
    stream.end(bytes);
    expect(sha256(await readAll(stream))).toBe(sha256(bytes));
    await eventually(() => {
      expect(pair.opener.stats.streamsOpen).toBe(0);
      expect(pair.acceptor.stats.streamsOpen).toBe(0);
    });
    expect(pair.opener.stats.resetsByCode.cancelled).toBe(0);
  });

  it('lets the acceptor answer after the opener has ended', async () => {
    await start();
    const [stream, accepted] = await openStream();
    stream.end('last');
    expect((await readAll(accepted)).toString()).toBe('last');
    expect(accepted.writable).toBe(true);
    accepted.write('still ');
    accepted.end('here');
    expect((await readAll(stream)).toString()).toBe('still here');
  });

  it('lets the opener go on after the acceptor has ended', async () => {
    await start();
    const [stream, accepted] = await openStream();
    accepted.end('bye');
    expect((await readAll(stream)).toString()).toBe('bye');
    expect(stream.writable).toBe(true);
    stream.write('and ');
    stream.end('more');
    expect((await readAll(accepted)).toString()).toBe('and more');
  });

  it.each(Object.keys(RESET_CODES) as ResetCode[])('tells the peer of a reset with code %s', async (code) => {
    await start();
    const [stream, accepted] = await openStream();
    accepted.reset(code);
    expect(await failureCode(stream)).toBe(code);
    expect(pair.opener.stats.resetsByCode[code]).toBe(1);
    expect(accepted.errored).toBeNull();
  });

  it('takes a destroyed stream for one that is not wanted any more', async () => {
    await start();
    const [stream, accepted] = await openStream();
    stream.destroy();
    expect(await failureCode(accepted)).toBe('cancelled');
  });

  it('is not held up by a reader that stops', async () => {
    await start();
    const [stalled, unread] = await openStream();
    stalled.write(Buffer.alloc(1_000_000));
    await eventually(() => expect(unread.unreadBytes).toBe(256 * 1024 - 5));
    const [stream, accepted] = await openStream();
    accepted.end('passes');
    expect((await readAll(stream)).toString()).toBe('passes');
  });

  it('ends all streams when the pipe ends', async () => {
    await start();
    const [stream, accepted] = await openStream();
    const codes = Promise.all([failureCode(stream), failureCode(accepted)]);
    pair.opener.destroy('revoked');
    expect(await codes).toEqual(['expired', 'expired']);
    expect((await pair.opener.closed).code).toBe('revoked');
    expect((await pair.acceptor.closed).byPeer).toBe(true);
    expect(await failureCode(pair.opener.openStream({ class: 'bulk' }))).toBe('expired');
  });

  it('refuses streams where there is no acceptor', async () => {
    await start();
    const stream = pair.acceptor.openStream({ class: 'interactive' });
    expect(await failureCode(stream)).toBe('refused');
  });

  it('answers pings', async () => {
    await start();
    expect(await pair.opener.ping()).toBeGreaterThan(0);
    expect(await pair.acceptor.ping()).toBeGreaterThan(0);
  });

  it('closes when the last stream has ended and takes none meanwhile', async () => {
    await start();
    const [stream, accepted] = await openStream();
    const closed = pair.opener.close();
    expect(await failureCode(pair.opener.openStream({ class: 'interactive' }))).toBe('refused');
    stream.end('one more');
    expect((await readAll(accepted)).toString()).toBe('one more');
    accepted.end('and an answer');
    expect((await readAll(stream)).toString()).toBe('and an answer');
    expect(await closed).toMatchObject({ code: 'done', byPeer: false });
    expect(await pair.acceptor.closed).toMatchObject({ code: 'done', byPeer: true });
  });

  // The whole burst from the side that opens streams in service; the other way it is the same code.
  const burstCount = openerRole === 'server' ? 5_000 : 500;

  it(`is none the worse for ${String(burstCount)} streams opened and aborted`, async () => {
    await start();
    for (let count = 0; count < burstCount; count += 1) {
      const stream = pair.open('interactive');
      stream.write('x');
      if (count % 2 === 0) setImmediate(() => stream.destroy());
      else stream.destroy();
      if (count % 100 === 99) await new Promise((resolve) => setImmediate(resolve));
    }
    await eventually(() => {
      expect(pair.opener.stats.streamsOpen).toBe(0);
      expect(pair.acceptor.stats.streamsOpen).toBe(0);
    });
    expect(pair.accepted.length).toBeGreaterThan(burstCount / 5);
    const [stream, accepted] = await openStream();
    accepted.end('well');
    expect((await readAll(stream)).toString()).toBe('well');
  });
});

describe('roles', () => {
  it.each<[MuxRole, number, number]>([
    ['client', 1, 3],
    ['server', 2, 4],
  ])('give the %s ids from %i on', async (openerRole, first, second) => {
    const pair = new MuxPair(undefined, { openerRole });
    const streams = [0, 1].map(() => pair.open('interactive'));
    await eventually(() => expect(streams.map(({ id }) => id)).toEqual([first, second]));
    await pair.end();
  });
});
