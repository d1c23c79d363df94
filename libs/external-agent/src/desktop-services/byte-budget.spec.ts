import { PassThrough } from 'node:stream';
import { finished } from 'node:stream/promises';
import { ByteBudget } from './byte-budget.js';

describe('ByteBudget', () => {
  it('counts kept bytes until they are released, and shared ones once', () => {
    const budget = new ByteBudget(100);
    const picture = {};
    const releases = [budget.hold(picture, 60), budget.hold(picture, 60)];
    expect(budget.heldBytes).toBe(60);
    expect(() => budget.hold({}, 41)).toThrow(expect.objectContaining({ code: 'BUSY' }));
    releases[0]?.();
    releases[0]?.();
    expect(budget.heldBytes).toBe(60);
    releases[1]?.();
    expect(budget.heldBytes).toBe(0);
    budget.hold(picture, 100)();
    expect(budget.heldBytes).toBe(0);
  });

  it('gives back of a share what was added, not what was refused', () => {
    const budget = new ByteBudget(100);
    const share = budget.share();
    share.add(60);
    expect(() => {
      share.add(41);
    }).toThrow(expect.objectContaining({ code: 'BUSY' }));
    share.add(40);
    expect(budget.heldBytes).toBe(100);
    share.release();
    share.release();
    expect(budget.heldBytes).toBe(0);
  });

  it('destroys a body that goes over it', async () => {
    const budget = new ByteBudget(100);
    const body = new PassThrough();
    const read = budget.during(body, async () => {
      await finished(body);
    });
    body.write(Buffer.alloc(60));
    body.write(Buffer.alloc(60));
    await expect(read).rejects.toMatchObject({ code: 'BUSY' });
    expect(budget.heldBytes).toBe(0);
  });
});
