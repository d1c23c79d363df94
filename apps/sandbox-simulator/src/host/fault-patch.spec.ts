import { parseFaultPatch } from './fault-patch.js';

describe('a fault patch', () => {
  it("carries Wolf's faults by their own names and those of the rest of the host", () => {
    const json =
      '{"createDelayMs":50,"answer":{"kind":"cut","count":1},"wolfCrash":true,"linkState":"stalled","desktopFault":"hang"}';
    expect(parseFaultPatch(json)).toEqual({
      wolf: { createDelayMs: 50, answer: { kind: 'cut', count: 1 } },
      wolfCrash: true,
      wolfRestart: false,
      wolfFreezeMs: undefined,
      wolfCutEvents: false,
      desktopFault: 'hang',
      linkState: 'stalled',
      linkDelayMs: undefined,
      moonlight: undefined,
    });
  });

  it('takes a fault away with null where there is none by default', () => {
    expect(parseFaultPatch('{"answer":null}').wolf).toEqual({ answer: undefined });
  });

  it('sets how full the disk is; null restores the real level', () => {
    expect(parseFaultPatch('{"diskUsedPercent":96.5}').diskUsedPercent).toBe(96.5);
    expect(parseFaultPatch('{"diskUsedPercent":null}').diskUsedPercent).toBeNull();
    expect(() => parseFaultPatch('{"diskUsedPercent":101}')).toThrow('diskUsedPercent');
  });

  it("carries Moonlight Web's in a member of their own", () => {
    expect(parseFaultPatch('{"moonlight":{"slowStartMs":5}}').moonlight?.faults).toEqual({ slowStartMs: 5 });
    expect(() => parseFaultPatch('{"moonlight":{"gremlins":5}}')).toThrow('gremlins');
  });

  it('is refused with every member that means nothing', () => {
    const json = '{"createDelayMs":"50","linkState":"loose","linkDelayMs":-1,"gremlins":true}';
    expect(() => parseFaultPatch(json)).toThrow('linkState, linkDelayMs, createDelayMs, gremlins');
    expect(() => parseFaultPatch('[]')).toThrow('expected a JSON object');
    expect(() => parseFaultPatch('{')).toThrow(SyntaxError);
  });
});
