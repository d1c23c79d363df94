import { localSocketDial, WolfWatches } from '@helix/wolf-client';
import { eventually } from '@helix/pacing/testing';
import { simulatedWolfHarness } from './simulated-wolf-harness.js';

describe('the shared watches', () => {
  it('share one watch of a Wolf until its last holder releases it', async () => {
    const harness = await simulatedWolfHarness(localSocketDial);
    const watches = new WolfWatches({ for: () => harness.client });
    const [first, second] = [watches.hold('gpu-1'), watches.hold('gpu-1')];
    expect(first.watch).toBe(second.watch);
    await eventually(() => {
      expect([first.watch.state, harness.wolf.listenerCount]).toEqual(['following', 1]);
    });
    first.release();
    first.release();
    expect([second.watch.state, watches.size]).toEqual(['following', 1]);
    second.release();
    expect(watches.size).toBe(0);
    await eventually(() => {
      expect([second.watch.state, harness.wolf.connectionCount]).toEqual(['closed', 0]);
    });
    await watches.close();
    await harness.close();
  });

  it('all end on close, and no new one starts', async () => {
    const harness = await simulatedWolfHarness(localSocketDial);
    const watches = new WolfWatches({ for: () => harness.client });
    const held = ['gpu-1', 'gpu-2'].map((id) => watches.hold(id));
    await watches.close();
    expect(held.map(({ watch }) => watch.state)).toEqual(['closed', 'closed']);
    expect(() => watches.hold('gpu-1')).toThrow(expect.objectContaining({ code: 'WOLF_UNREACHABLE' }));
    await harness.close();
  });
});
