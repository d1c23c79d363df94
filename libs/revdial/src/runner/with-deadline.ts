/**
 * Runs `work` with a signal that aborts when `parent` does or after `limitMs`, whichever is first, and leaves neither a
 * timer nor a listener behind. `AbortSignal.any` is not used: on Node 20 its listeners stay with a long-lived parent.
 *
 * Ends as `work` does, which is expected to reject with the signal's reason: the parent's, or `timeoutError()`.
 */
export async function withDeadline<T>(
  limitMs: number,
  parent: AbortSignal,
  timeoutError: () => Error,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  parent.throwIfAborted();
  const controller = new AbortController();
  const onParentAbort = (): void => {
    controller.abort(parent.reason);
  };
  const timer = setTimeout(() => {
    controller.abort(timeoutError());
  }, limitMs);
  parent.addEventListener('abort', onParentAbort, { once: true });
  try {
    return await work(controller.signal);
  } finally {
    clearTimeout(timer);
    parent.removeEventListener('abort', onParentAbort);
  }
}
