import { setTimeout as delay } from 'node:timers/promises';

/** Between tries: short at first, since most assertions hold soon, and longer for those that ask a server. */
const REST_MS = { first: 5, longest: 20 };

/** Repeats an assertion until it holds and resolves with what it returned; rejects with its last failure after `limitMs`. */
export async function eventually<Value>(assertion: () => Value | Promise<Value>, limitMs = 15_000): Promise<Value> {
  const endsAtMs = performance.now() + limitMs;
  for (let restMs = REST_MS.first; ; restMs = Math.min(restMs * 1.5, REST_MS.longest)) {
    try {
      return await assertion();
    } catch (error) {
      if (performance.now() >= endsAtMs) throw error;
    }
    await delay(restMs);
  }
}
