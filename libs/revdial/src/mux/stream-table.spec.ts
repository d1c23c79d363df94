import { StreamIds } from './stream-table.js';

describe('StreamIds', () => {
  it('numbers our own from the first of our parity', () => {
    const ids = new StreamIds('client');
    expect([ids.takeOwn(), ids.takeOwn()]).toEqual([1, 3]);
    expect([1, 3, 5].map((id) => ids.isUsed(id))).toEqual([true, true, false]);
  });

  it('tells skipped ids from used ones', () => {
    const ids = new StreamIds('server');
    ids.openPeers(1);
    ids.openPeers(7);
    expect([1, 3, 5, 7, 9].map((id) => ids.isUsed(id))).toEqual([true, false, false, true, false]);
    ids.openPeers(5);
    expect([3, 5].map((id) => ids.isUsed(id))).toEqual([false, true]);
  });

  it('remembers only the nearest skipped ids', () => {
    const ids = new StreamIds('server');
    ids.openPeers(0xffffffff);
    expect(ids.isUsed(1)).toBe(true);
    expect(ids.isUsed(0xfffffffd)).toBe(false);
  });
});
