import type { RunnerHttpResponse } from '@helix/revdial';
import { ExternalAgentError } from '../external-agent-error.js';

/** Answers of a pairing that is done already (moonlight-web §1). */
const NOT_MODIFIED = 304;

/**
 * The error for an answer of Moonlight Web that is not a success, `undefined` for one that is. The body is left as it is.
 * Its own bodies of errors are empty or texts of its framework, so nothing of them is passed on.
 */
export function moonlightRefusalOf({ status }: Pick<RunnerHttpResponse, 'status'>): ExternalAgentError | undefined {
  if ((status >= 200 && status <= 299) || status === NOT_MODIFIED) return undefined;
  if (status === 401) {
    return new ExternalAgentError(
      'MOONLIGHT_CREDENTIALS_REFUSED',
      'the host’s Moonlight Web does not take our credentials: MOONLIGHT_CREDENTIALS must be those of its configuration',
      { details: { setting: 'MOONLIGHT_CREDENTIALS' } },
    );
  }
  if (status === 400 || status === 422) {
    return new ExternalAgentError('INVALID_REQUEST', 'the host’s Moonlight Web does not understand the request');
  }
  if (status === 404) {
    return new ExternalAgentError('MOONLIGHT_NOT_FOUND', 'the host’s Moonlight Web knows of no such thing');
  }
  return new ExternalAgentError('MOONLIGHT_ERROR', `the host’s Moonlight Web answered ${String(status)}`, {
    details: { upstreamStatus: status },
  });
}
