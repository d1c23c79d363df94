import { PlacementQueue } from './placement-queue.js';

interface Work {
  readonly name: string;
  readonly end: (error?: Error) => void;
}

describe('PlacementQueue', () => {
  let begun: Work[];

  beforeEach(() => {
    begun = [];
  });

  function add(queue: PlacementQueue, name: string): Promise<string> {
    return queue.run(
      () =>
        new Promise<string>((resolve, reject) => {
          begun.push({
            name,
            end: (error) => {
              if (error === undefined) resolve(name);
              else reject(error);
            },
          });
        }),
    );
  }

  async function settled(): Promise<readonly string[]> {
    await new Promise((resolve) => setImmediate(resolve));
    return begun.map(({ name }) => name);
  }

  it('runs as many as it may at once, and the others in their order, whatever becomes of those before', async () => {
    const queue = new PlacementQueue({ placementsAtOnce: 2, placementsWaiting: 9, placementQueueMs: 60_000 });
    const all = ['a', 'b', 'c', 'd', 'e'].map((name) => add(queue, name));
    expect(await settled()).toEqual(['a', 'b']);
    begun[1]?.end(new Error('no place'));
    await expect(all[1]).rejects.toThrow('no place');
    expect(await settled()).toEqual(['a', 'b', 'c']);
    begun[0]?.end();
    begun[2]?.end();
    expect(await settled()).toEqual(['a', 'b', 'c', 'd', 'e']);
    begun[3]?.end();
    begun[4]?.end();
    expect(await Promise.all([all[0], all[2], all[3], all[4]])).toEqual(['a', 'c', 'd', 'e']);
    void add(queue, 'f');
    void add(queue, 'g');
    void add(queue, 'h');
    expect(await settled()).toEqual(['a', 'b', 'c', 'd', 'e', 'f', 'g']);
    begun[5]?.end();
    begun[6]?.end();
    await settled();
    begun[7]?.end();
  });

  it('is busy when too many wait', async () => {
    const queue = new PlacementQueue({ placementsAtOnce: 1, placementsWaiting: 1, placementQueueMs: 60_000 });
    const all = [add(queue, 'a'), add(queue, 'b')];
    await expect(add(queue, 'c')).rejects.toMatchObject({ code: 'PLACEMENT_BUSY', retryable: true });
    begun[0]?.end();
    expect(await settled()).toEqual(['a', 'b']);
    begun[1]?.end();
    await Promise.all(all);
  });

  it('is busy to one whose turn does not come in time, who takes nobody else’s', async () => {
    const queue = new PlacementQueue({ placementsAtOnce: 1, placementsWaiting: 9, placementQueueMs: 20 });
    const first = add(queue, 'a');
    await expect(add(queue, 'b')).rejects.toMatchObject({ code: 'PLACEMENT_BUSY' });
    const third = add(queue, 'c');
    begun[0]?.end();
    expect(await settled()).toEqual(['a', 'c']);
    begun[1]?.end();
    expect(await Promise.all([first, third])).toEqual(['a', 'c']);
  });
});
