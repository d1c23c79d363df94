import { setTimeout as delay } from 'node:timers/promises';

/** Repeats the assertion until it holds; its last failure is thrown when it does not within `limitMs`. */
export async function eventually(assertion: () => void | Promise<void>, limitMs = 10_000): Promise<void> {
  const giveUpAt = Date.now() + limitMs;
  for (;;) {
    try {
      await assertion();
      return;
    } catch (error) {
      if (Date.now() >= giveUpAt) throw error;
      await delay(20);
    }
  }
}
