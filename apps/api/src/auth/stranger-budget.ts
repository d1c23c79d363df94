import { LRUCache } from 'lru-cache';
import { ApiError } from '../errors/api-error.js';
import { API_LIMITS } from '../limits.js';

interface Purse {
  attemptsLeft: number;
  countedAtMs: number;
  /** Those who look up a token though nothing is left; one after the other. */
  waitingCount: number;
  lastInLine: Promise<unknown>;
}

/**
 * What unknown tokens may cost, for each address: a lookup is a query to the database, or the check of a signature. An address that has
 * used up its attempts is told to come later, and yet a valid token from there is let in: one that was valid lately is no matter of
 * this budget, and any other is looked up behind those who wait already. Behind a proxy all callers share one address, so the figures
 * are those of a building and not of a person.
 */
export class StrangerBudget {
  private readonly attemptsBurst: number;
  private readonly attemptsPerS: number;
  private readonly purses = new LRUCache<string, Purse>({ max: API_LIMITS.strangerAddressesMax });
  /** Hashes of tokens that were valid lately. */
  private readonly valid = new LRUCache<string, true>({ max: API_LIMITS.keysRemembered, ttl: API_LIMITS.keyStaleMs });

  constructor(figures: { readonly attemptsBurst?: number; readonly attemptsPerS?: number } = {}) {
    this.attemptsBurst = figures.attemptsBurst ?? API_LIMITS.strangerAttemptsBurst;
    this.attemptsPerS = figures.attemptsPerS ?? API_LIMITS.strangerAttemptsPerS;
  }

  /**
   * What `lookUp` finds.
   * @throws ApiError TOO_MANY_ATTEMPTS where it finds nothing, or could not be asked, for want of attempts
   */
  async spend<Found>(
    address: string,
    tokenHash: Buffer,
    lookUp: () => Promise<Found | undefined>,
  ): Promise<Found | undefined> {
    const name = tokenHash.toString('latin1');
    const found = this.valid.has(name) ? await lookUp() : await this.charge(this.purseOf(address), lookUp);
    if (found === undefined) this.valid.delete(name);
    else this.valid.set(name, true);
    return found;
  }

  private async charge<Found>(purse: Purse, lookUp: () => Promise<Found | undefined>): Promise<Found | undefined> {
    if (purse.attemptsLeft < 1) return await queueUp(purse, lookUp);
    // Beforehand, so that a thousand at once do not all find the last attempt; a valid token, or trouble of ours, costs nothing.
    purse.attemptsLeft -= 1;
    let isStranger = false;
    try {
      const found = await lookUp();
      isStranger = found === undefined;
      return found;
    } finally {
      if (!isStranger) purse.attemptsLeft = Math.min(purse.attemptsLeft + 1, this.attemptsBurst);
    }
  }

  private purseOf(address: string): Purse {
    const nowMs = performance.now();
    const network = networkOf(address);
    const purse = this.purses.get(network) ?? {
      attemptsLeft: this.attemptsBurst,
      countedAtMs: nowMs,
      waitingCount: 0,
      lastInLine: Promise.resolve(),
    };
    const earned = ((nowMs - purse.countedAtMs) / 1_000) * this.attemptsPerS;
    purse.attemptsLeft = Math.min(purse.attemptsLeft + earned, this.attemptsBurst);
    purse.countedAtMs = nowMs;
    this.purses.set(network, purse);
    return purse;
  }
}

async function queueUp<Found>(purse: Purse, lookUp: () => Promise<Found | undefined>): Promise<Found> {
  if (purse.waitingCount >= API_LIMITS.strangersWaitingMax) throw tooMany();
  purse.waitingCount += 1;
  const turn = purse.lastInLine.then(lookUp);
  purse.lastInLine = turn.catch(() => undefined);
  try {
    const found = await turn;
    if (found === undefined) throw tooMany();
    return found;
  } finally {
    purse.waitingCount -= 1;
  }
}

/** Of IPv6 the half that names a network: within it a host has as many addresses as it likes. */
function networkOf(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '');
  if (!plain.includes(':')) return plain;
  const [before = '', after] = plain.split('::');
  const head = before === '' ? [] : before.split(':');
  const tail = after === undefined || after === '' ? [] : after.split(':');
  const zeros = Array.from({ length: Math.max(0, 8 - head.length - tail.length) }, () => '0');
  return [...head, ...zeros, ...tail].slice(0, 4).join(':');
}

function tooMany(): ApiError {
  return new ApiError('TOO_MANY_ATTEMPTS', 'too many unknown tokens came from this address; try again later');
}
