import type { ServerResponse } from 'node:http';

/** Aborts when the caller leaves before the answer is complete; at once for one who left during authentication. */
export function whenCallerLeaves(response: ServerResponse): AbortSignal {
  const controller = new AbortController();
  const onClose = (): void => {
    if (!response.writableFinished) controller.abort(new Error('the caller left'));
  };
  // `close` comes once, and does not come again for those who listen later.
  if (response.closed || response.destroyed) onClose();
  else response.once('close', onClose);
  return controller.signal;
}
