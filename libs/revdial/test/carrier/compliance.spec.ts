import { eventually } from '@helix/pacing/testing';
import { CuttingProxy } from '@helix/revdial/testing';
import { CARRIER_KINDS, CarrierPairs } from '../support/carrier-pairs.js';
import { itIsAPipe } from '../support/pipe-compliance.js';
import { RecordingReceiver } from '../support/recording-receiver.js';

describe.each(CARRIER_KINDS)('a carrier over %s', (kind) => {
  let pairs: CarrierPairs;

  beforeAll(async () => {
    pairs = await CarrierPairs.open(kind);
  });

  afterAll(async () => {
    await pairs.close();
  });

  describe.each(['from the connecting end', 'from the accepting end'])('%s', (direction) => {
    itIsAPipe(
      async () => {
        const { near, far } = await pairs.pair();
        return direction === 'from the connecting end' ? { writer: near, reader: far } : { writer: far, reader: near };
      },
      { carriesCodes: false },
    );
  });
});

describe.each(['tcp', 'tls', 'websocket'] as const)('a carrier over %s, when the connection is reset', (kind) => {
  it('is lost at both ends', async () => {
    const pairs = await CarrierPairs.open(kind);
    const proxy = await CuttingProxy.listen({ targetPort: pairs.port });
    const { near, far } = await pairs.pair(proxy.port);
    const [atNear, atFar] = [new RecordingReceiver(), new RecordingReceiver()];
    near.start(atNear);
    far.start(atFar);
    // A TLS handshake whose last words are still under way would be cut instead.
    near.write([Buffer.from('ping')]);
    far.write([Buffer.from('pong')]);
    await eventually(() => expect([atNear.text, atFar.text]).toEqual(['pong', 'ping']));
    proxy.cut('reset');
    await eventually(() => {
      expect(atNear.ends).toMatchObject([{ code: 'lost', byPeer: false }]);
      expect(atFar.ends).toMatchObject([{ code: 'lost', byPeer: false }]);
    });
    await proxy.close();
    await pairs.close();
  });
});
