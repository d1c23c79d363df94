import { jest } from '@jest/globals';
import type { RunnerId } from '@helix/revdial';
import { SessionDirectory } from '../session/session-directory.js';
import { createSessionId } from '../session/session-id.js';
import { SessionEntity } from '../session/session.entity.js';
import { SessionFeed } from './session-feed.js';
import { SessionViews, type SessionView } from './session-view.js';

const MINUTE_MS = 60_000;

/** No runner is connected; probes are recorded. */
class NoRunners {
  readonly probed: RunnerId[] = [];

  find(): undefined {
    return undefined;
  }

  isConnected(): boolean {
    return false;
  }

  probe(runnerId: RunnerId): void {
    this.probed.push(runnerId);
  }
}

function runningSession(): SessionEntity {
  return Object.assign(new SessionEntity(), {
    id: createSessionId(),
    state: 'running',
    desired: 'running',
    wolfInstanceId: 'gpu-1',
    lobbyId: 'lobby',
    version: 1,
    startedAt: new Date(),
    lastActivityAt: new Date(),
    idleLimitMs: null,
    deletedAt: null,
  });
}

describe('SessionFeed', () => {
  let row: SessionEntity;
  let runners: NoRunners;
  let directory: SessionDirectory;
  let feed: SessionFeed;
  let seen: SessionView[];

  beforeEach(() => {
    jest.useFakeTimers();
    row = runningSession();
    runners = new NoRunners();
    directory = new SessionDirectory({ find: () => Promise.resolve(Object.assign(new SessionEntity(), row)) });
    const views = new SessionViews({
      presence: runners,
      hosts: { snapshotOf: () => undefined },
      localInstanceIds: [],
      idleLimitMs: 30 * MINUTE_MS,
      now: () => new Date(),
    });
    feed = new SessionFeed(runners, directory, views);
    seen = [];
    feed.start();
  });
  afterEach(() => {
    feed.close();
    jest.useRealTimers();
  });

  const listen = (view: SessionView): void => {
    seen.push(view);
  };

  it('sends the present view, then changes in order, until the last listener leaves', () => {
    const unwatch = feed.watch(row, listen);
    jest.advanceTimersByTime(5_000);
    expect(seen.map((view) => view.session.version)).toEqual([1]);
    directory.remember(Object.assign(new SessionEntity(), row, { version: 2, state: 'stopping', desired: 'stopped' }));
    directory.remember(Object.assign(new SessionEntity(), row, { version: 3, state: 'stopped' }));
    directory.remember(Object.assign(new SessionEntity(), row, { version: 3, state: 'stopped' }));
    expect(seen.map((view) => [view.session.state, view.appState])).toEqual([
      ['running', 'resumable'],
      ['stopping', 'absent'],
      ['stopped', 'absent'],
    ]);
    unwatch();
    directory.remember(Object.assign(new SessionEntity(), row, { version: 4 }));
    expect(seen).toHaveLength(3);
    expect(feed.watchedCount).toBe(0);
  });

  it('sends the present view to a new listener only', () => {
    feed.watch(row, listen);
    const later: SessionView[] = [];
    feed.watch(row, (view) => later.push(view));
    expect([seen.length, later.length]).toEqual([1, 1]);
  });

  it('asks the desktops that are watched, or were looked at lately, for signs of life', () => {
    feed.glance(row);
    jest.advanceTimersByTime(1_000);
    const { length } = runners.probed;
    expect(length).toBeGreaterThan(0);
    jest.advanceTimersByTime(60_000);
    const later = runners.probed.length;
    jest.advanceTimersByTime(60_000);
    expect(runners.probed).toHaveLength(later);
  });

  it('warns of the idle stop only without activity since', async () => {
    feed.watch(row, listen);
    // The row that is known here is old; in the database its user worked with it just now.
    await jest.advanceTimersByTimeAsync(4 * MINUTE_MS);
    row.lastActivityAt = new Date();
    await jest.advanceTimersByTimeAsync(2 * MINUTE_MS);
    expect(seen.at(-1)?.idle?.isWarned).toBe(false);
    await jest.advanceTimersByTimeAsync(4 * MINUTE_MS);
    expect(seen.at(-1)?.idle?.isWarned).toBe(true);
    row.lastActivityAt = new Date();
    await jest.advanceTimersByTimeAsync(10_000);
    expect(seen.at(-1)?.idle?.isWarned).toBe(false);
  });
});
