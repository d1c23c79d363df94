import { ConnectionManager } from './connections/connection-manager.js';
import { RevDialGateway } from './gateway/revdial-gateway.js';
import { LIMIT_RULES, verifyLimits } from './verify-limits.js';

describe('verifyLimits', () => {
  it('accepts the limits of the package', () => {
    expect(() => {
      verifyLimits();
    }).not.toThrow();
  });

  it.each(LIMIT_RULES)('refuses %s above %s, and names both values', (smaller, greater) => {
    const faultOf = (value: number): string | undefined => {
      try {
        verifyLimits({ [smaller]: value, [greater]: 1_000 });
        return undefined;
      } catch (error) {
        return error instanceof RangeError ? error.message : undefined;
      }
    };
    const fault = `${smaller} (1001) is greater than ${greater} (1000): `;
    expect(faultOf(1_001)).toContain(fault);
    expect(faultOf(1_000) ?? '').not.toContain(`${smaller} (1000) is greater than ${greater}`);
  });

  it('names every contradiction at once', () => {
    expect(() => {
      verifyLimits({ holdMs: 40_000, graceMs: 30_000, silenceLimitMs: 1_000 });
    }).toThrow(
      /^contradictory limits: holdMs \(40000\) is greater than graceMs \(30000\): .*; pingAfterMs \(2000\) is greater than silenceLimitMs \(1000\): /,
    );
  });

  it('takes an option that is undefined as its default', () => {
    expect(() => {
      verifyLimits({ holdMs: undefined });
    }).not.toThrow();
  });
});

describe('a gateway', () => {
  const authorizer = { authenticate: () => Promise.resolve(undefined) };

  it.each([
    [{ graceMs: 30_000 }, { holdMs: 30_001 }, 'holdMs (30001) is greater than graceMs (30000)'],
    [{}, { muxLimits: { linkUnreadMaxBytes: 1_000_000 } }, 'streamWindowMaxBytes (8388608) is greater than linkUnread'],
    [{}, { resumableTimings: { pingAfterMs: 5_000 } }, 'pingAfterMs (5000) is greater than silenceLimitMs (4500)'],
  ])('with connections %j and options %j is not built', (connections, options, message) => {
    expect(() => new RevDialGateway(new ConnectionManager(connections), authorizer, options)).toThrow(message);
  });

  it.each([0, 45_000, 600_000])('of a grace of %i ms is built', (graceMs) => {
    expect(new RevDialGateway(new ConnectionManager({ graceMs }), authorizer)).toBeInstanceOf(RevDialGateway);
  });
});
