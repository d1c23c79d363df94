import { LIMITS } from './limits.js';
import { LIMIT_RULES, verifyExternalAgentLimits } from './verify-limits.js';

describe('the limits of the package', () => {
  it('fit each other', () => {
    expect(() => {
      verifyExternalAgentLimits();
    }).not.toThrow();
  });

  it.each(LIMIT_RULES)('%s above %s: refused', (smaller, greater, why) => {
    const limits = { ...LIMITS, [smaller]: LIMITS[greater] + 1 };
    expect(() => {
      verifyExternalAgentLimits(limits);
    }).toThrow(why);
  });
});
