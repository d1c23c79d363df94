import { CARRIER_KINDS, CarrierPairs } from '../support/carrier-pairs.js';
import { LinkRig } from '../support/link-rig.js';
import { itIsAPipe } from '../support/pipe-compliance.js';

describe.each(CARRIER_KINDS)('a resumable link over %s', (kind) => {
  let pairs: CarrierPairs;
  let rig: LinkRig;

  beforeAll(async () => {
    pairs = await CarrierPairs.open(kind);
  });

  afterEach(() => {
    rig.close();
  });

  afterAll(async () => {
    await pairs.close();
  });

  describe.each(['from the agent', 'from the server'])('%s', (direction) => {
    itIsAPipe(
      async () => {
        rig = new LinkRig(pairs);
        await rig.connect();
        return direction === 'from the agent'
          ? { writer: rig.agent, reader: rig.server }
          : { writer: rig.server, reader: rig.agent };
      },
      { carriesCodes: true },
    );
  });
});
