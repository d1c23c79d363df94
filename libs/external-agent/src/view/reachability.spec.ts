import type { RunnerStatus } from '@helix/revdial';
import { hostLinkOf } from '../hosts/host-link.js';
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
            state: stats.resumeLeftMs === undefined ? 'connected' : 'away',
            generation: 5,
            stats,
            resumeLeftMs: stats.resumeLeftMs,
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

  it('the one for streams: it is reconnecting, and for how long it may', () => {
    expect(hostLinkOf(connected({ moonlight: AWAY }), '7')).toEqual({ state: 'reconnecting', leftMs: 12_000 });
    expect(hostLinkOf(connected({ moonlight: STANDING }), '7')).toEqual({ state: 'connected', generation: 5 });
  });
});
