import { createHash } from 'node:crypto';
import { eventually } from '@helix/pacing/testing';
import { CuttingProxy } from '@helix/revdial/testing';
import type { CutKind } from '@helix/revdial/testing';
import type { BytePipe } from '../../src/carrier/byte-pipe.js';
import { CarrierPairs } from '../support/carrier-pairs.js';
import { LinkRig } from '../support/link-rig.js';
import { RecordingReceiver } from '../support/recording-receiver.js';

const isNightly = process.env['NIGHTLY'] !== undefined;
const BULK_BYTES = (isNightly ? 1024 : 64) * 1024 * 1024;
const PIECE_BYTES = 61_000;
/** Soon enough that silence, too, costs a test little. */
const QUICK = { pingAfterMs: 60, silenceLimitMs: 150 };

/** Numbered words, so that a piece in the wrong place changes the digest. */
class BulkWriter {
  readonly #pipe: BytePipe;
  readonly #hash = createHash('sha256');
  #sentBytes = 0;

  constructor(pipe: BytePipe) {
    this.#pipe = pipe;
  }

  get digest(): string {
    return this.#hash.copy().digest('hex');
  }

  readonly pump = (): void => {
    while (this.#sentBytes < BULK_BYTES && this.#pipe.writableBytes > 0) {
      const piece = Buffer.alloc(Math.min(PIECE_BYTES, BULK_BYTES - this.#sentBytes), this.#sentBytes % 251);
      if (piece.length >= 6) piece.writeUIntBE(this.#sentBytes, 0, 6);
      this.#hash.update(piece);
      this.#sentBytes += piece.length;
      this.#pipe.write([piece]);
    }
  };
}

describe.each(['tcp', 'tls', 'websocket'] as const)('a link over %s that is cut again and again', (kind) => {
  let pairs: CarrierPairs;
  let proxy: CuttingProxy;
  let rig: LinkRig;
  let atAgent: RecordingReceiver;
  let atServer: RecordingReceiver;

  beforeEach(async () => {
    pairs = await CarrierPairs.open(kind);
    proxy = await CuttingProxy.listen({ targetPort: pairs.port });
    rig = new LinkRig(pairs, { timings: QUICK }, proxy.port);
    atAgent = new RecordingReceiver(false);
    atServer = new RecordingReceiver(false);
    rig.agent.start(atAgent);
    rig.server.start(atServer);
    rig.reconnects = true;
    await rig.connect();
  });

  afterEach(async () => {
    rig.close();
    await proxy.close();
    await pairs.close();
  });

  function cutBySchedule(kinds: readonly CutKind[]): void {
    const [minMs, maxMs] = isNightly ? [1_900, 2_100] : [100, 200];
    proxy.cutBySchedule({ seed: 5, minMs, maxMs, kinds });
  }

  it(
    'delivers the same bytes both ways',
    async () => {
      const fromAgent = new BulkWriter(rig.agent);
      const fromServer = new BulkWriter(rig.server);
      atAgent.onWrite = fromAgent.pump;
      atServer.onWrite = fromServer.pump;
      cutBySchedule(['reset', 'half', 'reset', 'half', 'silence']);
      fromAgent.pump();
      fromServer.pump();
      await eventually(
        () => {
          expect([atServer.byteCount, atAgent.byteCount]).toEqual([BULK_BYTES, BULK_BYTES]);
        },
        isNightly ? 600_000 : 25_000,
      );
      proxy.stopCutting();
      expect(atServer.digest).toBe(fromAgent.digest);
      expect(atAgent.digest).toBe(fromServer.digest);
      expect(rig.agent.stats.resumptions).toBeGreaterThanOrEqual(2);
      expect(rig.agent.stats.replayedBytes + rig.server.stats.replayedBytes).toBeGreaterThan(0);
      expect([atAgent.ends, atServer.ends]).toEqual([[], []]);
    },
    isNightly ? 700_000 : 30_000,
  );

  it('loses and repeats nothing of a conversation', async () => {
    const turns = 150;
    const heard: number[] = [];
    atServer.onEach = (bytes) => rig.server.write([Buffer.from(bytes)]);
    let begun = Buffer.alloc(0);
    const say = (turn: number): void => {
      const line = Buffer.alloc(4);
      line.writeUInt32BE(turn);
      rig.agent.write([line]);
    };
    atAgent.onEach = (bytes) => {
      begun = Buffer.concat([begun, bytes]);
      for (; begun.length >= 4; begun = begun.subarray(4)) {
        heard.push(begun.readUInt32BE(0));
        if (heard.length % 10 === 0) proxy.cut(heard.length % 20 === 0 ? 'reset' : 'half');
        if (heard.length < turns) say(heard.length);
      }
    };
    say(0);
    await eventually(() => expect(heard).toHaveLength(turns), 20_000);
    expect(heard).toEqual(Array.from({ length: turns }, (_, turn) => turn));
    expect(rig.agent.stats.resumptions).toBeGreaterThanOrEqual(8);
  });
});
