import { ExternalAgentError } from '../external-agent-error.js';

/** For whatever needs the secret of the hosts' Moonlight Web and finds none. */
export function streamsNotConfigured(): ExternalAgentError {
  return new ExternalAgentError(
    'STREAMS_NOT_CONFIGURED',
    'streams are not set up here: MOONLIGHT_CREDENTIALS is not set',
  );
}
