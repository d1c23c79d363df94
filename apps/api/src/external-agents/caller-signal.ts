import type { ServerResponse } from 'node:http';

/** Aborts when the caller leaves before his answer is complete. */
export function whenCallerLeaves(response: ServerResponse): AbortSignal {
  const controller = new AbortController();
  response.once('close', () => {
    if (!response.writableFinished) controller.abort(new Error('the caller left'));
  });
  return controller.signal;
}
