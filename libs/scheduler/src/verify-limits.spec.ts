import { SCHEDULER_LIMITS } from './limits.js';
import { LIMIT_RULES, verifySchedulerLimits } from './verify-limits.js';

describe('the limits of the package', () => {
  it('fit each other', () => {
    expect(() => {
      verifySchedulerLimits();
    }).not.toThrow();
  });

  it.each(LIMIT_RULES)('%s above %s: refused', (smaller, greater, why) => {
    const limits = { ...SCHEDULER_LIMITS, [smaller]: SCHEDULER_LIMITS[greater] + 1 };
    expect(() => {
      verifySchedulerLimits(limits);
    }).toThrow(why);
  });
});
