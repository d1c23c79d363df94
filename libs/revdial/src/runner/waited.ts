import { setTimeout as delay } from 'node:timers/promises';

/** Waits; `false` when the signal aborted before. Never rejects. */
export async function waited(waitMs: number, signal: AbortSignal): Promise<boolean> {
  try {
    await delay(waitMs, undefined, { signal });
    return true;
  } catch {
    return false;
  }
}
