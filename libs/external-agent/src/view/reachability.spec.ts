import type { RunnerPresence, RunnerStatus } from '@helix/revdial';
import type { SessionEntity } from '../session/session.entity.js';
import { reachabilityOf } from './reachability.js';

const SESSION = { id: `ses_${'0'.repeat(26)}`, state: 'running', wolfInstanceId: '7' } as SessionEntity;
const NOW = new Date();

type Links = Readonly<Record<string, { readonly unansweredMs: number; readonly resumeLeftMs?: number }>>;

/** Runners that have a link, by kind. */
function connected(links: Links): { find(id: string): RunnerStatus | undefined } {
  return {
    find: (id) => {
      const stats = links[id.slice(0, id.indexOf('-'))];
      return stats === undefined
        ? undefined
        : ({
            state: stats.resumeLeftMs === undefined ? 'connected' : 'resuming',
            generation: 5,
            stats,
            leftMs: stats.resumeLeftMs,
          } as unknown as RunnerStatus);
    },
  };
}

const STANDING = { unansweredMs: 0 };
const AWAY = { unansweredMs: 900, resumeLeftMs: 12_000 };

describe('while a link waits to be resumed', () => {
  it('the desktop’s own: its viewer is told of a moment’s trouble', () => {
    expect(reachabilityOf(SESSION, connected({ sandbox: AWAY, wolf: STANDING }), false, NOW)).toEqual({
      state: 'unstable',
    });
    expect(reachabilityOf(SESSION, connected({ sandbox: STANDING, wolf: AWAY }), false, NOW)).toEqual({
      state: 'connected',
    });
  });

  it('the host’s as well: it is reconnecting, and for how long it may', () => {
    expect(reachabilityOf(SESSION, connected({ sandbox: AWAY, wolf: AWAY }), false, NOW)).toEqual({
      state: 'host-reconnecting',
      leftMs: 12_000,
    });
  });
});

describe('while the host is connected', () => {
  it('a desktop that was never seen is away, and one that lost its link is unstable', () => {
    const withDesktop = (state: 'expected' | 'grace'): Pick<RunnerPresence, 'find'> => ({
      find: (id) =>
        id.startsWith('sandbox') ? ({ state, leftMs: 5_000 } as RunnerStatus) : connected({ wolf: STANDING }).find(id),
    });
    expect(reachabilityOf(SESSION, withDesktop('expected'), false, NOW)).toEqual({ state: 'desktop-away' });
    expect(reachabilityOf(SESSION, withDesktop('grace'), false, NOW)).toEqual({ state: 'unstable' });
  });
});
