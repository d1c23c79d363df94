import { setTimeout as delay } from 'node:timers/promises';

/** Repeats an assertion until it holds; rejects with its last failure after `timeoutMs`. */
export async function eventually<Value>(assertion: () => Value | Promise<Value>, timeoutMs = 15_000): Promise<Value> {
  const endsAt = performance.now() + timeoutMs;
  for (;;) {
    try {
      return await assertion();
    } catch (error) {
      if (performance.now() > endsAt) throw error;
    }
    await delay(50);
  }
}
