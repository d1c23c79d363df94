import type { SimulatedWolf } from '@helix/sandbox-simulator';
import { localSocketDial, WolfWatch, type WolfWatchEvent, type WolfWatchOptions } from '@helix/wolf-client';
import { eventually } from '@helix/pacing/testing';
import { exampleLobby } from '@helix/wolf-client/testing';
import { simulatedWolfHarness } from './simulated-wolf-harness.js';

const SESSION = '10594003729173467913';
const QUICK: WolfWatchOptions = { pauseMs: 20, retryMinMs: 10, retryMaxMs: 40, random: () => 1 };

describe('a watch of one Wolf', () => {
  let harness: Awaited<ReturnType<typeof simulatedWolfHarness>>;
  let wolf: SimulatedWolf;
  let watch: WolfWatch;
  let events: WolfWatchEvent[];

  beforeEach(async () => {
    harness = await simulatedWolfHarness(localSocketDial);
    ({ wolf } = harness);
    events = [];
  });
  afterEach(async () => {
    await watch.close();
    await eventually(() => {
      expect(wolf.connectionCount).toBe(0);
    });
    await harness.close();
  });

  function watching(options: WolfWatchOptions = {}): WolfWatch {
    watch = new WolfWatch(harness.client, { ...QUICK, ...options });
    watch.subscribe((event) => events.push(event));
    watch.start();
    return watch;
  }

  async function followed(): Promise<void> {
    await eventually(() => {
      expect([watch.state, watch.snapshot === undefined]).toEqual(['following', false]);
    });
  }

  it('lists what existed before it started, and what happens after', async () => {
    const lobbyId = await harness.client.createLobby(exampleLobby());
    expect(watching().state).toBe('connecting');
    await followed();
    expect(watch.snapshot?.lobbies).toMatchObject([{ id: lobbyId }]);
    const before = performance.now();
    wolf.launchSession({ clientId: SESSION, clientUniqueId: 'tab-1' });
    await eventually(() => {
      expect(watch.snapshot?.sessions).toMatchObject([{ id: SESSION }]);
    });
    expect(watch.snapshot?.askedAtMs).toBeGreaterThanOrEqual(before);
    await harness.client.stopLobby({ lobbyId });
    await eventually(() => {
      expect(watch.snapshot?.lobbies).toEqual([]);
    });
    expect(events).toContainEqual({ type: 'event', event: { type: 'lobby-stopped', lobbyId } });
  });

  it('lists a few times for a burst of events, last after the last event', async () => {
    watching({ pauseMs: 50 });
    await followed();
    const before = wolf.requestCount;
    for (let id = 1; id <= 200; id += 1) wolf.launchSession({ clientId: String(id) });
    await eventually(() => {
      expect(watch.snapshot?.sessions).toHaveLength(200);
    });
    // Two requests a listing; one may be under way when the burst begins, one follows it, one is for safety.
    expect(wolf.requestCount - before).toBeLessThanOrEqual(8);
  });

  it('subscribes again after the stream ended, and lists what it missed', async () => {
    watching();
    await followed();
    wolf.cutEvents();
    wolf.launchSession({ clientId: SESSION });
    await eventually(() => {
      expect(watch.snapshot?.sessions).toHaveLength(1);
      expect(events).toContainEqual({
        type: 'lost',
        what: 'events',
        error: expect.objectContaining({ code: 'WOLF_EVENTS_ENDED' }),
      });
      expect([watch.state, wolf.listenerCount]).toEqual(['following', 1]);
    });
  });

  it('reports silence as lost events, and lists again after a torn event', async () => {
    watching({ silenceLimitMs: 80 });
    await followed();
    await eventually(() => {
      expect(events).toContainEqual({
        type: 'lost',
        what: 'events',
        error: expect.objectContaining({ code: 'WOLF_EVENTS_SILENT' }),
      });
    });
    await followed();
    wolf.faults.events = 'not-json';
    wolf.launchSession({ clientId: SESSION });
    await eventually(() => {
      expect(watch.snapshot?.sessions).toHaveLength(1);
    });
  });

  it('lists periodically without an events endpoint', async () => {
    wolf.faults.events = 'absent';
    watching({ unfollowedRelistMs: 30, retryMinMs: 60_000, retryMaxMs: 60_000 });
    await eventually(() => {
      expect(events).toContainEqual({
        type: 'lost',
        what: 'events',
        error: expect.objectContaining({ code: 'WOLF_NOT_FOUND' }),
      });
    });
    wolf.launchSession({ clientId: SESSION });
    await eventually(() => {
      expect(watch.snapshot?.sessions).toHaveLength(1);
    });
    expect(watch.state).toBe('connecting');
  });

  it('lists periodically when no event comes', async () => {
    watching({ relistMs: 30 });
    await followed();
    wolf.faults.events = 'silent';
    wolf.launchSession({ clientId: SESSION });
    await eventually(() => {
      expect(watch.snapshot?.sessions).toHaveLength(1);
    });
  });

  it('keeps its last lists while Wolf is gone, and finds the restarted one empty', async () => {
    await harness.client.createLobby(exampleLobby());
    watching({ unfollowedRelistMs: 20 });
    await followed();
    await wolf.crash();
    await eventually(() => {
      expect(events.filter((event) => event.type === 'lost').length).toBeGreaterThan(3);
    });
    expect(watch.snapshot?.lobbies).toHaveLength(1);
    await wolf.start();
    await eventually(() => {
      expect([watch.state, watch.snapshot?.lobbies.length]).toEqual(['following', 0]);
    });
  });

  it('still calls the other listeners when one throws, and none that unsubscribed', async () => {
    watch = new WolfWatch(harness.client, QUICK);
    watch.subscribe(() => {
      throw new Error('listener failed');
    });
    const left: WolfWatchEvent[] = [];
    watch.subscribe((event) => left.push(event))();
    watch.subscribe((event) => events.push(event));
    watch.start();
    watch.start();
    await eventually(() => {
      expect(events.map((event) => event.type)).toContain('snapshot');
    });
    await followed();
    expect([left, wolf.listenerCount]).toEqual([[], 1]);
  });

  it.each(['serving', 'frozen', 'gone'])(
    'closes at once, is idempotent, and emits nothing more: Wolf is %s',
    async (state) => {
      watching();
      if (state === 'gone') await wolf.crash();
      else await followed();
      if (state === 'frozen') {
        wolf.freezeFor(60_000);
        watch.refresh();
      }
      await Promise.all([watch.close(), watch.close()]);
      const toldBefore = events.length;
      watch.refresh();
      watch.start();
      expect([watch.state, events.length]).toEqual(['closed', toldBefore]);
    },
  );
});
