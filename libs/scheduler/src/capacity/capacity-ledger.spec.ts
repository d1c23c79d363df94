import { CapacityLedger } from './capacity-ledger.js';
import type { CapacityOperation } from './capacity-operations.js';

interface Batch {
  readonly ids: readonly string[];
  readonly end: (error?: Error) => void;
}

const LIMITS = { placementsAtOnce: 2, placementsInBatch: 2, placementsWaiting: 9, placementQueueMs: 60_000 };

describe('CapacityLedger', () => {
  let begun: Batch[];

  beforeEach(() => {
    begun = [];
  });

  function change(operations: readonly CapacityOperation<unknown>[]): Promise<readonly unknown[]> {
    const ids = operations.map(({ ask }) => String(ask['id']));
    return new Promise((resolve, reject) => {
      begun.push({
        ids,
        end: (error) => {
          if (error === undefined) resolve(ids.map((id) => `done ${id}`));
          else reject(error);
        },
      });
    });
  }

  function release(ledger: CapacityLedger, id: string): Promise<unknown> {
    return ledger.run({ ask: { do: 'release', id }, read: (result) => result });
  }

  async function settled(): Promise<readonly string[]> {
    for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    return begun.map(({ ids }) => ids.join(' '));
  }

  it('operations of one turn -> batches in their order, no more at once than allowed', async () => {
    const ledger = new CapacityLedger(change, LIMITS);
    const all = ['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((id) => release(ledger, id));
    expect(await settled()).toEqual(['a b', 'c d']);
    begun[1]?.end();
    expect(await Promise.all([all[2], all[3]])).toEqual(['done c', 'done d']);
    expect(await settled()).toEqual(['a b', 'c d', 'e f']);
    begun[0]?.end();
    expect(await settled()).toEqual(['a b', 'c d', 'e f', 'g']);
    begun[2]?.end();
    begun[3]?.end();
    expect(await Promise.all(all)).toHaveLength(7);
  });

  it('a change that fails -> its batch fails, the next runs', async () => {
    const ledger = new CapacityLedger(change, { ...LIMITS, placementsAtOnce: 1 });
    const all = ['a', 'b', 'c'].map((id) => release(ledger, id));
    await settled();
    begun[0]?.end(new Error('away'));
    expect(await Promise.allSettled([all[0], all[1]])).toMatchObject([{ status: 'rejected' }, { status: 'rejected' }]);
    await settled();
    begun[1]?.end();
    expect(await all[2]).toBe('done c');
  });

  it('an invalid operation in a batch -> fails alone, the others are done', async () => {
    const ledger = new CapacityLedger(change, { ...LIMITS, placementsAtOnce: 1 });
    const all = ['a', 'b'].map((id) => release(ledger, id));
    await settled();
    begun[0]?.end(Object.assign(new Error('invalid'), { code: '22P05' }));
    expect(await settled()).toEqual(['a b', 'a']);
    begun[1]?.end(Object.assign(new Error('invalid'), { code: '22P05' }));
    await expect(all[0]).rejects.toThrow('invalid');
    expect(await settled()).toEqual(['a b', 'a', 'b']);
    begun[2]?.end();
    expect(await all[1]).toBe('done b');
  });

  it('too many waiting -> PLACEMENT_BUSY', async () => {
    const ledger = new CapacityLedger(change, { ...LIMITS, placementsWaiting: 2 });
    const all = [release(ledger, 'a'), release(ledger, 'b')];
    await expect(release(ledger, 'c')).rejects.toMatchObject({ code: 'PLACEMENT_BUSY', retryable: true });
    await settled();
    begun[0]?.end();
    await Promise.all(all);
  });

  it('a turn that does not come in time -> PLACEMENT_BUSY, the others keep theirs', async () => {
    const ledger = new CapacityLedger(change, {
      ...LIMITS,
      placementsAtOnce: 1,
      placementsInBatch: 1,
      placementQueueMs: 20,
    });
    const first = release(ledger, 'a');
    await settled();
    await expect(release(ledger, 'b')).rejects.toMatchObject({ code: 'PLACEMENT_BUSY' });
    const third = release(ledger, 'c');
    begun[0]?.end();
    expect(await settled()).toEqual(['a', 'c']);
    begun[1]?.end();
    expect(await Promise.all([first, third])).toEqual(['done a', 'done c']);
  });
});
