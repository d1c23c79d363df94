import { getEventListeners } from 'node:events';
import fc from 'fast-check';
import { WaitingLine } from './waiting-line.js';

const FULL = new Error('full');
const LATE = new Error('late');

function lineOf<Ticket>(maxCount: number, onLeave?: () => void): WaitingLine<Ticket, string> {
  return new WaitingLine<Ticket, string>({
    maxCount,
    whenFull: () => FULL,
    whenLate: () => LATE,
    whenAborted: (reason) => new Error('aborted', { cause: reason }),
    ...(onLeave === undefined ? {} : { onLeave }),
  });
}

describe('WaitingLine', () => {
  it('serves callers in the order in which they came', async () => {
    const line = lineOf<string>(3);
    const waiting = ['a', 'b', 'c'].map((ticket) => line.wait(ticket));
    for (const place of line) place.serve(`for ${place.ticket}`);
    expect(await Promise.all(waiting)).toEqual(['for a', 'for b', 'for c']);
    expect(line.size).toBe(0);
  });

  it('refuses a caller when full, and takes the next when one has left', async () => {
    const line = lineOf<number>(1);
    const first = line.wait(1);
    await expect(line.wait(2)).rejects.toBe(FULL);
    line.first?.serve('done');
    expect(await first).toBe('done');
    const third = line.wait(3);
    expect(line.size).toBe(1);
    line.serveAll('all');
    expect(await third).toBe('all');
  });

  it('refuses a caller whose time is over', async () => {
    const line = lineOf<number>(2);
    await expect(line.wait(1, { limitMs: 5 })).rejects.toBe(LATE);
    expect(line.size).toBe(0);
  });

  it('refuses a caller whose signal aborts, before or while it waits, and leaves no listener', async () => {
    const line = lineOf<number>(2);
    const aborting = new AbortController();
    const waiting = line.wait(1, { signal: aborting.signal, limitMs: 10_000 });
    aborting.abort('why');
    await expect(waiting).rejects.toMatchObject({ message: 'aborted', cause: 'why' });
    await expect(line.wait(2, { signal: aborting.signal })).rejects.toMatchObject({ cause: 'why' });
    const { signal } = new AbortController();
    const served = line.wait(3, { signal });
    expect(getEventListeners(signal, 'abort')).toHaveLength(1);
    line.serveAll('x');
    await served;
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  });

  it('does not time or abort a place that was shifted out, which is settled later', async () => {
    const line = lineOf<number>(1);
    const aborting = new AbortController();
    const waiting = line.wait(1, { limitMs: 1, signal: aborting.signal });
    const place = line.shift();
    aborting.abort();
    await new Promise((resolve) => setTimeout(resolve, 5));
    place?.serve('late but served');
    expect(await waiting).toBe('late but served');
    expect(line.shift()).toBeUndefined();
  });

  it('reports each place that leaves once, and ignores a second settling', async () => {
    let leftCount = 0;
    const line = lineOf<number>(4, () => (leftCount += 1));
    const waiting = [line.wait(1), line.wait(2)];
    const place = line.first;
    place?.serve('once');
    place?.serve('twice');
    place?.refuse(FULL);
    line.refuseAll(LATE);
    expect(await Promise.allSettled(waiting)).toEqual([
      { status: 'fulfilled', value: 'once' },
      { status: 'rejected', reason: LATE },
    ]);
    expect(leftCount).toBe(2);
  });

  it('keeps its bound and settles every caller exactly once, whatever happens in which order', async () => {
    const step = fc.constantFrom('wait', 'serve', 'refuse', 'shift', 'abort');
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const line = lineOf<number>(3);
        const settled: number[] = [];
        const signals: AbortController[] = [];
        let count = 0;
        const ends: Promise<unknown>[] = [];
        for (const next of steps) {
          if (next === 'wait') {
            const ticket = count++;
            const controller = new AbortController();
            signals.push(controller);
            const note = (): number => settled.push(ticket);
            ends.push(line.wait(ticket, { signal: controller.signal }).then(note, note));
          } else if (next === 'serve') line.first?.serve('x');
          else if (next === 'refuse') line.first?.refuse(FULL);
          else if (next === 'shift') line.shift()?.serve('x');
          else signals.pop()?.abort();
          expect(line.size).toBeLessThanOrEqual(3);
        }
        line.refuseAll(LATE);
        await Promise.all(ends);
        expect(settled.sort((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, ticket) => ticket));
      }),
    );
  });
});
