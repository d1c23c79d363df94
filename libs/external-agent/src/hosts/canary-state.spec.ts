import { CanaryState, type CanaryResult } from './canary-state.js';

const TIMES = { canaryIntervalMs: 15_000, canaryRetryMs: 5_000 };

describe('CanaryState', () => {
  /** `a` answered, `f` failed, `-` nothing found out; gives for each the verdict (`+`, `-`, `?`) and the seconds until the next. */
  const after = (results: string): string => {
    const state = new CanaryState(TIMES);
    const given: Readonly<Record<string, CanaryResult>> = {
      a: { kind: 'answered' },
      f: { kind: 'failed', failure: 'silent' },
      '-': { kind: 'none' },
    };
    return results
      .split('')
      .map((letter) => {
        const { verdict, nextMs } = state.note(given[letter] ?? { kind: 'none' });
        expect(state.isFailing).toBe(verdict?.ok === false);
        return `${verdict === undefined ? '?' : verdict.ok ? '+' : '-'}${String(nextMs / 1_000)}`;
      })
      .join(' ');
  };

  it.each([
    ['takes a first answer as enough', 'aa', '+15 +15'],
    ['tries again soon after a failure, and says nothing of it', 'afa', '+15 +5 +15'],
    ['fails with the second failure in a row', 'afff', '+15 +5 -5 -5'],
    ['fails from the start, too', 'ff', '?5 -5'],
    ['is back with the second answer in a row', 'ffaa', '?5 -5 -5 +15'],
    ['is not back by answers between failures', 'ffafafaa', '?5 -5 -5 -5 -5 -5 -5 +15'],
    ['does not fail by failures between answers', 'afafa', '+15 +5 +15 +5 +15'],
    ['does not ask a Wolf sooner that is well', 'a--', '+15 +15 +15'],
    ['counts what says nothing neither way', '-af-fa-a', '?5 +15 +5 +5 -5 -5 -5 +15'],
  ])('%s', (_title, results, expected) => {
    expect(after(results)).toBe(expected);
  });

  it('tells the latest failure', () => {
    const state = new CanaryState(TIMES);
    state.note({ kind: 'failed', failure: 'silent' });
    expect(state.note({ kind: 'failed', failure: 'down' }).verdict).toEqual({ ok: false, failure: 'down' });
    expect(state.note({ kind: 'failed', failure: 'silent' }).verdict).toEqual({ ok: false, failure: 'silent' });
    expect(state.note({ kind: 'answered' }).verdict).toEqual({ ok: false, failure: 'silent' });
  });
});
