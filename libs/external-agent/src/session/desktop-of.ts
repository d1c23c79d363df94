import { ExternalAgentError } from '../external-agent-error.js';
import type { SessionEntity } from './session.entity.js';

/**
 * Makes sure that the session has a desktop to talk to.
 * @throws ExternalAgentError DESKTOP_STARTING while it is on its way, NO_DESKTOP when there is none
 */
export function desktopOf(session: SessionEntity): SessionEntity {
  switch (session.state) {
    case 'running':
      return session;
    case 'queued':
    case 'placing':
    case 'starting':
      throw new ExternalAgentError('DESKTOP_STARTING', 'the desktop is starting');
    case 'stopping':
    case 'stopped':
    case 'failed':
      throw new ExternalAgentError('NO_DESKTOP', `the session has no desktop: it is ${session.state}`);
    default:
      return session.state satisfies never;
  }
}
