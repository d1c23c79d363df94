import { ApiError } from '../errors/api-error.js';
import { API_LIMITS } from '../limits.js';
import { hashSecret } from '../access/secret-token.js';
import { StrangerBudget } from './stranger-budget.js';

const BURST = 50;

describe('the budget of strangers', () => {
  let budget: StrangerBudget;
  let lookups: number;
  const unknown = (): Promise<undefined> => {
    lookups += 1;
    return Promise.resolve(undefined);
  };
  const known = (): Promise<string> => Promise.resolve('known');

  beforeEach(() => {
    budget = new StrangerBudget({ attemptsBurst: BURST, attemptsPerS: 0 });
    lookups = 0;
  });

  async function guess(address: string, count: number): Promise<readonly unknown[]> {
    return await Promise.all(
      Array.from({ length: count }, (_, at) =>
        budget
          .spend(address, hashSecret(`guess ${String(at)}`), unknown)
          .catch((error: unknown) => (error instanceof ApiError ? error.code : error)),
      ),
    );
  }

  it('refuses guesses of an address after a burst, at the cost of few lookups', async () => {
    const outcomes = await guess('192.0.2.1', BURST + 500);
    expect(outcomes.slice(0, BURST)).toEqual(Array(BURST).fill(undefined));
    expect(outcomes.slice(BURST)).toEqual(Array(500).fill('TOO_MANY_ATTEMPTS'));
    expect(lookups).toBeLessThanOrEqual(BURST + API_LIMITS.strangersWaitingMax);
  });

  it('finds a valid token of an address without attempts, also one never seen before', async () => {
    await guess('192.0.2.1', BURST + 10);
    expect(await budget.spend('192.0.2.1', hashSecret('new'), known)).toBe('known');
  });

  it('is not asked about a token that was valid lately, however many guess beside it', async () => {
    await budget.spend('192.0.2.1', hashSecret('known'), known);
    await guess('192.0.2.1', BURST);
    const never = new Promise<undefined>(() => undefined);
    const waiting = Array.from({ length: API_LIMITS.strangersWaitingMax }, (_, at) =>
      budget.spend('192.0.2.1', hashSecret(`slow ${String(at)}`), () => never),
    );
    expect(await budget.spend('192.0.2.1', hashSecret('known'), known)).toBe('known');
    await expect(budget.spend('192.0.2.1', hashSecret('new'), known)).rejects.toMatchObject({
      code: 'TOO_MANY_ATTEMPTS',
    });
    expect(waiting).toHaveLength(API_LIMITS.strangersWaitingMax);
  });

  it('costs valid tokens and troubles of ours nothing', async () => {
    for (let at = 0; at < BURST * 2; at += 1) await budget.spend('192.0.2.1', hashSecret(String(at)), known);
    const away = (): Promise<undefined> => Promise.reject(new Error('away'));
    await Promise.allSettled(Array.from({ length: 50 }, () => budget.spend('192.0.2.1', hashSecret('x'), away)));
    expect(await guess('192.0.2.1', BURST)).toEqual(Array(BURST).fill(undefined));
  });

  it.each([
    ['another address', '192.0.2.1', '192.0.2.2', undefined],
    ['the same, as IPv6 writes it', '192.0.2.1', '::ffff:192.0.2.1', 'TOO_MANY_ATTEMPTS'],
    ['an address of the same network of IPv6', '2001:db8::1', '2001:db8:0:0:1:2:3:4', 'TOO_MANY_ATTEMPTS'],
    ['one of another network of IPv6', '2001:db8::1', '2001:db8:0:1::1', undefined],
  ])('counts %s', async (_what, first, second, outcome) => {
    await guess(first, BURST);
    expect(await guess(second, 1)).toEqual([outcome]);
  });
});
