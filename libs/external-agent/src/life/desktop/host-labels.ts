import { SCHEDULER_LIMITS } from '@helix/scheduler';
import { ExternalAgentError } from '../../external-agent-error.js';

/**
 * Checks the labels that a caller asks of a host.
 * @throws ExternalAgentError INVALID_REQUEST
 */
export function checkHostLabels(labels: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const entries = Object.entries(labels);
  const { labels: countMax, labelChars } = SCHEDULER_LIMITS;
  if (entries.length > countMax) throw fault(`may have at most ${String(countMax)} labels`);
  for (const [name, value] of entries) {
    if (name === '') throw fault('must name each label');
    if (typeof value !== 'string') throw fault('must have a text for each label');
    if (name.length > labelChars || value.length > labelChars) {
      throw fault(`may have at most ${String(labelChars)} characters in a name or a value`);
    }
    // PostgreSQL refuses NULs and half characters; no label has any of the others either.
    if (/[\p{Cc}\p{Cs}]/u.test(name + value)) throw fault('may have no control character');
  }
  return labels;
}

function fault(rule: string): ExternalAgentError {
  return new ExternalAgentError('INVALID_REQUEST', `host_labels ${rule}`);
}
