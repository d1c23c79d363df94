import { onAbort, withDeadline, withSignal } from '@helix/pacing';
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
  const aborted = (): WolfError =>
    new WolfError('WOLF_ABORTED', `the caller gave up ${call}`, { cause: callerSignal?.reason });
  const late = (): WolfError =>
    new WolfError('WOLF_TIMEOUT', `Wolf did not finish ${call} within ${limitMs.toString()} ms`);
  if (callerSignal?.aborted === true) throw aborted();
  return withDeadline(limitMs, callerSignal, late, (signal) => {
    const own = new AbortController();
    return withSignal(own.signal, run(own.signal)).finally(
      onAbort(signal, (reason) => {
        own.abort(reason instanceof WolfError ? reason : aborted());
      }),
    );
  });
}
