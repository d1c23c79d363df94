import { ExternalAgentError } from '../../external-agent-error.js';
import { LIMITS } from '../../limits.js';

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** What the control plane sets itself, and the hosts' token, which no desktop may hold (helix-rest §8, D-1). */
const OURS: ReadonlySet<string> = new Set([
  'HELIX_SESSION_ID',
  'HELIX_SESSION_GENERATION',
  'HELIX_API_URL',
  'HELIX_API_BASE_URL',
  'USER_API_TOKEN',
  'RUN_SWAY',
  'RUNNER_TOKEN',
]);

/**
 * Checks one `NAME=value` of the operator. He may set what callers may not, such as `PATH` or `NVIDIA_…`.
 * @throws ExternalAgentError INVALID_REQUEST with the name, if it is one, and never the value
 */
export function checkOperatorVariable(entry: string): string {
  const equals = entry.indexOf('=');
  const name = entry.slice(0, Math.max(equals, 0));
  if (!NAME.test(name)) throw fault('must be NAME=value');
  if (OURS.has(name)) throw fault(`may not set ${name}`);
  if (/[\p{Cc}\p{Cs}]/u.test(entry)) throw fault(`has a control character in ${name}`);
  if (Buffer.byteLength(entry) > LIMITS.environmentEntryMaxBytes) throw fault(`has too long a value in ${name}`);
  return entry;
}

function fault(rule: string): ExternalAgentError {
  return new ExternalAgentError('INVALID_REQUEST', rule);
}
