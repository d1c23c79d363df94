import { parseMoonlightFaultPatch } from './moonlight-faults.js';

describe("a patch of Moonlight Web's faults", () => {
  it('carries faults by their names, and what happens once beside them', () => {
    const patch = { slowStartMs: 50, dieAfterMs: null, pairFails: 'PairError', muteClose: false, kick: true };
    expect(parseMoonlightFaultPatch({ ...patch, connectionStatus: 'Poor' })).toEqual({
      faults: { slowStartMs: 50, dieAfterMs: undefined, pairFails: 'PairError', muteClose: false },
      kick: true,
      terminate: false,
      connectionStatus: 'Poor',
    });
  });

  it('is refused with every member that means nothing', () => {
    const patch = { slowStartMs: -1, pairFails: 'never', terminate: 1, connectionStatus: 'Good', gremlins: true };
    expect(() => parseMoonlightFaultPatch(patch)).toThrow(
      'terminate, connectionStatus, slowStartMs, pairFails, gremlins',
    );
    expect(() => parseMoonlightFaultPatch([])).toThrow('moonlight is no object');
  });
});
