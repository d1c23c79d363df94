import { eventually } from '@helix/pacing/testing';
import { CuttingProxy } from '@helix/revdial/testing';
import { CarrierPairs } from '../support/carrier-pairs.js';
import { LinkRig } from '../support/link-rig.js';
import { RecordingReceiver } from '../support/recording-receiver.js';

describe('the life of a carrier', () => {
  let pairs: CarrierPairs;
  let proxy: CuttingProxy;
  let rig: LinkRig;
  let atAgent: RecordingReceiver;
  let atServer: RecordingReceiver;

  beforeEach(async () => {
    pairs = await CarrierPairs.open('tcp');
    proxy = await CuttingProxy.listen({ targetPort: pairs.port });
  });

  afterEach(async () => {
    rig.close();
    await proxy.close();
    await pairs.close();
  });

  async function open(options: ConstructorParameters<typeof LinkRig>[1] = {}): Promise<void> {
    rig = new LinkRig(pairs, options, proxy.port);
    atAgent = new RecordingReceiver();
    atServer = new RecordingReceiver();
    rig.agent.start(atAgent);
    rig.server.start(atServer);
    await rig.connect();
    await eventually(() => expect(rig.agent.roundTripMs).toBeDefined());
  }

  it('is over for both ends within 5 s of silence', async () => {
    await open();
    const silentAtMs = performance.now();
    proxy.cut('silence');
    await eventually(() => expect([...rig.lost].sort()).toEqual(['agent: peer-silent', 'server: peer-silent']), 6_000);
    expect(performance.now() - silentAtMs).toBeLessThan(5_000);
    expect([atAgent.ends, atServer.ends]).toEqual([[], []]);
  });

  it('is not over because this process was busy for 2 s', async () => {
    // A limit below 2 s: counting the time in which nothing could be read would fail at once.
    await open({ timings: { pingAfterMs: 400, silenceLimitMs: 1_000 } });
    const untilMs = performance.now() + 2_000;
    while (performance.now() < untilMs);
    rig.agent.write([Buffer.from('still here')]);
    await eventually(() => expect(atServer.text).toBe('still here'));
    // And the turn after, when a late turn might have left its mark.
    const laterMs = performance.now() + 700;
    await eventually(() => expect(performance.now()).toBeGreaterThan(laterMs));
    expect(rig.lost).toEqual([]);
  });

  it('is not over while a reader has paused, with bulk before it', async () => {
    await open({ timings: { pingAfterMs: 100, silenceLimitMs: 400 } });
    rig.agent.pause();
    rig.server.pause();
    const piece = Buffer.alloc(16_384);
    const pump = (): void => {
      while (rig.server.writableBytes > 0) rig.server.write([piece]);
      while (rig.agent.writableBytes > 0) rig.agent.write([piece]);
    };
    atServer.onWrite = pump;
    pump();
    const laterMs = performance.now() + 1_200;
    await eventually(() => expect(performance.now()).toBeGreaterThan(laterMs));
    expect(rig.lost).toEqual([]);
    expect(atAgent.byteCount).toBe(0);
  });

  it('survives a trickle to a paused reader, which acknowledges nothing', async () => {
    await open({ timings: { pingAfterMs: 100, silenceLimitMs: 400 } });
    rig.agent.pause();
    const trickle = setInterval(() => rig.server.write([Buffer.from('.')]), 20);
    const laterMs = performance.now() + 1_200;
    await eventually(() => expect(performance.now()).toBeGreaterThan(laterMs));
    clearInterval(trickle);
    expect(rig.lost).toEqual([]);
    expect(atAgent.byteCount).toBe(0);
  });

  it('is asked after by a server only when it wants to know', async () => {
    await open();
    expect(rig.server.roundTripMs).toBeUndefined();
    expect(rig.server.stats.unansweredMs).toBe(0);
    rig.server.probe();
    await eventually(() => expect(rig.server.roundTripMs).toBeGreaterThanOrEqual(0));
    expect(rig.server.stats.unansweredMs).toBe(0);
    proxy.cut('silence');
    rig.server.probe();
    await eventually(() => expect(rig.server.stats.unansweredMs).toBeGreaterThan(100));
    expect(rig.lost).toEqual([]);
  });
});

describe('a link between carriers', () => {
  let pairs: CarrierPairs;
  let rig: LinkRig;
  let atAgent: RecordingReceiver;
  let atServer: RecordingReceiver;

  beforeEach(async () => {
    pairs = await CarrierPairs.open('tcp');
    rig = new LinkRig(pairs, { holdMs: 300 });
    atAgent = new RecordingReceiver();
    atServer = new RecordingReceiver();
    rig.agent.start(atAgent);
    rig.server.start(atServer);
    await rig.connect();
  });

  afterEach(async () => {
    rig.close();
    await pairs.close();
  });

  it('expires at both ends when no carrier comes in time', async () => {
    rig.cut();
    await eventually(() => {
      expect(atAgent.ends).toMatchObject([{ code: 'expired', byPeer: false }]);
      expect(atServer.ends).toMatchObject([{ code: 'expired', byPeer: false }]);
    });
    expect(rig.server.accepts(0)).toBe(false);
  });

  it('lets its writers wait at the bound of its replay buffer, and then loses nothing', async () => {
    rig.cut();
    await eventually(() => expect(rig.lost).toHaveLength(2));
    let written = 0;
    while (rig.agent.writableBytes > 0) {
      rig.agent.write([Buffer.alloc(1_000, written)]);
      written += 1;
    }
    expect(rig.agent.stats.replayBufferedBytes).toBeLessThan(8 * 1024 * 1024);
    const before = atAgent.writableCount;
    await rig.connect();
    await eventually(() => expect(atServer.byteCount).toBe(written * 1_000));
    for (let n = 0; n < written; n += 1) expect(atServer.bytes[n * 1_000]).toBe(n & 0xff);
    expect(atAgent.writableCount).toBeGreaterThan(before);
    await eventually(() => expect(rig.agent.stats).toMatchObject({ resumptions: 1, replayBufferedBytes: 0 }));
  });

  it('goes over to a new carrier while the old one still seems to stand', async () => {
    rig.agent.write([Buffer.from('over the old one, ')]);
    await eventually(() => expect(atServer.text).toBe('over the old one, '));
    await rig.connect();
    rig.agent.write([Buffer.from('over the new one')]);
    await eventually(() => expect(atServer.text).toBe('over the old one, over the new one'));
    expect([...rig.lost].sort()).toEqual(['agent: superseded', 'server: superseded']);
    expect([atAgent.ends, atServer.ends]).toEqual([[], []]);
  });

  it('is ended by offsets that cannot be true', async () => {
    rig.cut();
    await eventually(() => expect(rig.lost).toHaveLength(2));
    const { near, far } = await pairs.pair();
    rig.server.attach(far, 1_000_000);
    rig.agent.attach(near, 0);
    await eventually(() => {
      expect(atServer.ends).toMatchObject([{ code: 'offset-mismatch', byPeer: false }]);
      expect(atAgent.ends).toMatchObject([{ code: 'offset-mismatch', byPeer: true }]);
    });
  });

  it('closes only when everything has arrived, over as many carriers as it takes', async () => {
    rig.cut();
    await eventually(() => expect(rig.lost).toHaveLength(2));
    rig.agent.write([Buffer.from('last words')]);
    rig.agent.close('shutdown', 'good night');
    expect(atAgent.ends).toEqual([]);
    await rig.connect();
    await eventually(() => {
      expect(atServer.ends).toMatchObject([{ code: 'shutdown', reason: 'good night', byPeer: true }]);
      expect(atAgent.ends).toMatchObject([{ code: 'shutdown', byPeer: false }]);
    });
    expect(atServer.text).toBe('last words');
  });

  it('hands what a closing peer had sent to a reader that paused, and only then ends', async () => {
    rig.server.pause();
    rig.agent.write([Buffer.from('for later')]);
    rig.agent.destroy('revoked');
    await eventually(() => expect(rig.server.isClosed).toBe(true));
    expect(atServer.ends).toEqual([]);
    rig.server.resume();
    await eventually(() => expect(atServer.ends).toMatchObject([{ code: 'revoked', byPeer: true }]));
    expect(atServer.text).toBe('for later');
  });

  it('tells an agent to move, on the next carrier again', async () => {
    rig.server.drain(5_000);
    await eventually(() => expect(rig.drains).toEqual([5_000]));
    await rig.connect();
    await eventually(() => expect(rig.drains).toHaveLength(2));
    // The time that is left.
    expect(rig.drains[1]).toBeGreaterThan(4_000);
    expect(rig.drains[1]).toBeLessThanOrEqual(5_000);
  });
});
