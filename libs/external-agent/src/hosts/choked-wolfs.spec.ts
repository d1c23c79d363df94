import { LIMITS } from '../limits.js';
import { ChokedWolfs } from './choked-wolfs.js';

describe('ChokedWolfs', () => {
  it('never lets one that choked and lives on be asked again', () => {
    const choked = new ChokedWolfs();
    choked.noteChoked('a');
    expect([choked.mayAsk('a', 1e12), choked.mayAsk('b', 0)]).toEqual([false, true]);
  });

  it('allows a few more questions, with long rests, where the crash may be a coincidence', () => {
    const choked = new ChokedWolfs();
    let nowMs = 0;
    for (let count = 1; count < LIMITS.gpuSuspicionsMax; count += 1) {
      choked.noteSuspicion('a', nowMs);
      expect(choked.mayAsk('a', nowMs + LIMITS.gpuSuspectRestMs - 1)).toBe(false);
      nowMs += LIMITS.gpuSuspectRestMs;
      expect(choked.mayAsk('a', nowMs)).toBe(true);
    }
    choked.noteSuspicion('a', nowMs);
    expect(choked.mayAsk('a', 1e12)).toBe(false);
  });

  it('forgets it of one that answers', () => {
    const choked = new ChokedWolfs();
    choked.noteSuspicion('a', 0);
    choked.forget('a');
    expect(choked.mayAsk('a', 1)).toBe(true);
  });
});
