import { MAX_CALL_LIMIT_MS } from './limits.js';
import { WolfError } from './wolf-error.js';

/**
 * Runs a call under its limit and its caller's signal. Rejects the moment either ends, whatever the call makes of the
 * signal it is given.
 * @throws WolfError WOLF_TIMEOUT, WOLF_ABORTED, and what the call throws
 */
export async function withinLimit<T>(
  call: string,
  limitMs: number,
  callerSignal: AbortSignal | undefined,
  run: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  if (!(limitMs > 0 && limitMs <= MAX_CALL_LIMIT_MS)) {
    throw new WolfError(
      'WOLF_INVALID_REQUEST',
      `timeoutMs must be above 0 and at most ${MAX_CALL_LIMIT_MS.toString()}`,
    );
  }
  const controller = new AbortController();
  const abort = (): void => {
    controller.abort(new WolfError('WOLF_ABORTED', `the caller gave up ${call}`, { cause: callerSignal?.reason }));
  };
  // Listeners of our own instead of AbortSignal.any: a caller's signal may live as long as the process.
  callerSignal?.addEventListener('abort', abort, { once: true });
  if (callerSignal?.aborted === true) abort();
  const timer = setTimeout(() => {
    controller.abort(new WolfError('WOLF_TIMEOUT', `Wolf did not finish ${call} within ${limitMs.toString()} ms`));
  }, limitMs);
  try {
    controller.signal.throwIfAborted();
    return await Promise.race([run(controller.signal), whenAborted(controller.signal)]);
  } finally {
    clearTimeout(timer);
    callerSignal?.removeEventListener('abort', abort);
  }
}

function whenAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener(
      'abort',
      () => {
        reject(signal.reason instanceof Error ? signal.reason : new Error('aborted'));
      },
      { once: true },
    );
  });
}
