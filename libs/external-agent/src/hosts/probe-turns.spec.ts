import { ProbeTurns } from './probe-turns.js';

describe('ProbeTurns', () => {
  const never = new AbortController().signal;
  let order: string[];
  let back: Map<string, () => void>;
  beforeEach(() => {
    order = [];
    back = new Map();
  });

  const take = async (turns: ProbeTurns, name: string, isFailing = false, signal = never): Promise<void> => {
    const giveBack = await turns.take(isFailing, signal);
    order.push(name);
    back.set(name, giveBack);
  };
  const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

  it('starts up to the limit at once and the rest in order as turns are returned', async () => {
    const turns = new ProbeTurns(2, 1);
    for (const name of ['a', 'b', 'c', 'd', 'e']) void take(turns, name);
    await settled();
    expect(order).toEqual(['a', 'b']);
    back.get('b')?.();
    back.get('b')?.();
    await settled();
    expect(order).toEqual(['a', 'b', 'c']);
    back.get('a')?.();
    back.get('c')?.();
    await settled();
    expect(order).toEqual(['a', 'b', 'c', 'd', 'e']);
  });

  it('keeps room for those that are well, however many fail', async () => {
    const turns = new ProbeTurns(3, 1);
    for (const name of ['f1', 'f2', 'f3']) void take(turns, name, true);
    void take(turns, 'a');
    void take(turns, 'b');
    void take(turns, 'c');
    await settled();
    expect(order).toEqual(['f1', 'a', 'b']);
    back.get('f1')?.();
    back.get('a')?.();
    await settled();
    expect(order).toEqual(['f1', 'a', 'b', 'c', 'f2']);
  });

  it('gives none to one that has left', async () => {
    const turns = new ProbeTurns(1, 1);
    const leaving = new AbortController();
    await take(turns, 'a');
    const left = take(turns, 'b', false, leaving.signal);
    void take(turns, 'c');
    leaving.abort(new Error('gone'));
    await expect(left).rejects.toThrow('gone');
    await expect(take(turns, 'd', false, leaving.signal)).rejects.toThrow('gone');
    back.get('a')?.();
    await settled();
    expect(order).toEqual(['a', 'c']);
  });
});
