import type { MoonlightDialects } from './moonlight-dialects.js';
import { ExternalAgentError } from '../external-agent-error.js';

/** What the operator decides about streams. */
export interface StreamPolicy {
  /** The secret of Moonlight Web on the hosts; `undefined`: there are no streams. */
  readonly credentials: string | undefined;
  /** Which of Moonlight Web's hosts is Wolf; 0 where there is one alone. */
  readonly hostId: number;
  readonly dialects: MoonlightDialects;
  readonly viewersPerSession: number;
  readonly viewersPerHost: number;
  /** Refuse those who may only watch where nothing can keep their input away. */
  readonly viewOnlyNeedsEnforcement: boolean;
}

/** Without the secret of the hosts' Moonlight Web. */
export function streamsNotConfigured(): ExternalAgentError {
  return new ExternalAgentError(
    'STREAMS_NOT_CONFIGURED',
    'streams are not set up here: MOONLIGHT_CREDENTIALS is not set',
  );
}
