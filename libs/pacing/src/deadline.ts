/**
 * Calls `listener` once when `signal` aborts, or at once when it has aborted. The returned function takes the listener away; call
 * it when the wait is over, since a signal may outlive many waits.
 */
export function onAbort(signal: AbortSignal | undefined, listener: (reason: unknown) => void): () => void {
  if (signal === undefined) return () => undefined;
  if (signal.aborted) {
    listener(signal.reason);
    return () => undefined;
  }
  const onEvent = (): void => {
    listener(signal.reason);
  };
  signal.addEventListener('abort', onEvent, { once: true });
  return () => {
    signal.removeEventListener('abort', onEvent);
  };
}

/**
 * Settles as `work` does, or rejects with the signal's reason as soon as the signal aborts. The work itself is not stopped by it:
 * give it the signal too where it can stop.
 */
export function withSignal<T>(signal: AbortSignal | undefined, work: PromiseLike<T>): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const stopListening = onAbort(signal, (reason) => {
      reject(asError(reason));
    });
    work.then(
      (value) => {
        stopListening();
        resolve(value);
      },
      (error: unknown) => {
        stopListening();
        reject(asError(error));
      },
    );
  });
}

/**
 * Runs `work` with a signal that aborts when `parent` does or after `limitMs`, whichever is first, and leaves neither a timer nor
 * a listener behind. `AbortSignal.any` is not used: on Node 20 its listeners stay with a long-lived parent.
 *
 * Settles as `work` does, which is expected to reject with the signal's reason: the parent's, or `timeoutError()`.
 */
export async function withDeadline<T>(
  limitMs: number,
  parent: AbortSignal | undefined,
  timeoutError: () => Error,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  parent?.throwIfAborted();
  const controller = new AbortController();
  const timer = setTimeout(() => {
    controller.abort(timeoutError());
  }, limitMs);
  const stopListening = onAbort(parent, (reason) => {
    controller.abort(reason);
  });
  try {
    return await work(controller.signal);
  } finally {
    clearTimeout(timer);
    stopListening();
  }
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error('aborted', { cause: reason });
}
