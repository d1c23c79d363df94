import type { RunnerHttpResponse } from '@helix/revdial';
import { ExternalAgentError } from '../external-agent-error.js';

/** What a desktop whose image is older than the endpoint answers. */
const NO_SUCH_ENDPOINT: ReadonlySet<number> = new Set([404, 405, 501]);

/**
 * The error for an answer of a desktop's service that is not a success, `undefined` for one that is; a refused answer's
 * body is destroyed. `what` completes "the desktop could not …" and "its image cannot …".
 */
export function refusalOf(response: RunnerHttpResponse, what: string): ExternalAgentError | undefined {
  const { status } = response;
  if (status >= 200 && status <= 299) return undefined;
  response.body.destroy();
  if (NO_SUCH_ENDPOINT.has(status)) {
    return new ExternalAgentError('DESKTOP_UNSUPPORTED', `the desktop's image is too old: it cannot ${what}`, {
      details: { upstreamStatus: status },
    });
  }
  return new ExternalAgentError('DESKTOP_ERROR', `the desktop could not ${what}`, {
    details: { upstreamStatus: status },
  });
}
