import { refuseContradictions, type LimitRule } from './limit-rules.js';

const RULES: readonly LimitRule<'pingMs' | 'silenceMs' | 'graceMs'>[] = [
  ['pingMs', 'silenceMs', 'a link would be cut before its first ping'],
  ['silenceMs', 'graceMs', 'a runner would be given up before its link is'],
];

describe('refuseContradictions', () => {
  it('accepts limits in order, equal ones too', () => {
    expect(() => {
      refuseContradictions({ pingMs: 1, silenceMs: 1, graceMs: 2 }, RULES);
    }).not.toThrow();
  });

  it('names both values and the reason of each contradiction', () => {
    expect(() => {
      refuseContradictions({ pingMs: 3, silenceMs: 2, graceMs: 1 }, RULES);
    }).toThrow(
      new RangeError(
        'contradictory limits: pingMs (3) is greater than silenceMs (2): a link would be cut before its first ping; ' +
          'silenceMs (2) is greater than graceMs (1): a runner would be given up before its link is',
      ),
    );
  });
});
