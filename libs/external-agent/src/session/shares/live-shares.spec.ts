import { createSessionId } from '../session-id.js';
import { LIMITS } from '../../limits.js';
import { LiveShares } from './live-shares.js';
import { SessionShareEntity } from './session-share.entity.js';

const AWAY = new Error('the database is away');

/** The database's answers are made here; the real ones are asked for in test/session-shares.spec.ts. */
describe('LiveShares', () => {
  const id = createSessionId();
  let nowMs: number;
  let reads: (() => Promise<readonly SessionShareEntity[]>)[];
  let readCount: number;
  let live: LiveShares;
  beforeEach(() => {
    nowMs = 0;
    readCount = 0;
    reads = [];
    const listLive = (): Promise<readonly SessionShareEntity[]> => {
      readCount += 1;
      return (reads.shift() ?? ((): Promise<never> => Promise.reject(AWAY)))();
    };
    live = new LiveShares({ listLive }, () => nowMs);
  });

  function share(shareId: string, lifeMs = 60_000): SessionShareEntity {
    return Object.assign(new SessionShareEntity(), { id: shareId, expiresAt: new Date(Date.now() + lifeMs) });
  }
  async function idsNow(): Promise<readonly string[]> {
    return (await live.of(id)).map((each) => each.id);
  }
  const answer = (...shares: SessionShareEntity[]): void => {
    reads.push(() => Promise.resolve(shares));
  };

  it('shares one read among concurrent callers and caches the answer, an empty one too', async () => {
    answer();
    await Promise.all(Array.from({ length: 50 }, idsNow));
    nowMs += LIMITS.shareFreshMs - 1;
    expect(await idsNow()).toEqual([]);
    expect(readCount).toBe(1);
    answer(share('new'));
    nowMs += 1;
    expect(await idsNow()).toEqual(['new']);
  });

  it('remembers shares for ten minutes while the database is away, and no longer', async () => {
    answer(share('one'));
    await idsNow();
    nowMs = LIMITS.shareStaleMs - 1;
    expect(await idsNow()).toEqual(['one']);
    nowMs = LIMITS.shareStaleMs;
    await expect(idsNow()).rejects.toBe(AWAY);
  });

  it('leaves out one whose time is over, also while the database is away', async () => {
    answer(share('ended', -1), share('live'));
    await idsNow();
    nowMs += LIMITS.shareFreshMs;
    expect(await idsNow()).toEqual(['live']);
  });

  it('rereads what was invalidated; while the database is away, revoked shares stay revoked', async () => {
    answer(share('one'), share('two'));
    await idsNow();
    for (const changed of [undefined, id]) {
      live.invalidate(changed);
      expect(await idsNow()).toEqual(['one', 'two']);
    }
    expect(readCount).toBe(3);
    live.invalidate(id, 'one');
    expect(await idsNow()).toEqual(['two']);
    nowMs = LIMITS.shareStaleMs;
    await expect(idsNow()).rejects.toBe(AWAY);
  });

  it.each([id, undefined])('does not remember a read that a change has overtaken (%s)', async (changed) => {
    let finish: (shares: readonly SessionShareEntity[]) => void = () => undefined;
    reads.push(() => new Promise((resolve) => (finish = resolve)));
    const early = idsNow();
    live.invalidate(changed);
    answer();
    expect(await idsNow()).toEqual([]);
    finish([share('revoked')]);
    await early;
    expect(await idsNow()).toEqual([]);
  });
});
