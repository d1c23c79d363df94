import { ExternalAgentError } from '../external-agent-error.js';
import { LIMITS } from '../limits.js';

/**
 * `NAME=value`, the name as POSIX has it; no control characters and no half characters, which reach neither PostgreSQL nor
 * a container.
 */
const ENTRY = /^[A-Za-z_][A-Za-z0-9_]*=[^\p{Cc}\p{Cs}]*$/u;

/** Names which the control plane, the host or the dynamic loader read; a caller may not set them. */
const RESERVED =
  /^(?:HELIX_|ZED_HELIX_|WOLF_|RUNNER_TOKEN$|USER_API_TOKEN$|LD_|DOCKER_|NVIDIA_|SANDBOX_INSTANCE_ID$|(?:PATH|HOME|PUID|PGID)$)/i;

/**
 * Checks what a caller wants to add to a desktop's environment.
 * @throws ExternalAgentError INVALID_REQUEST naming every entry that is not acceptable, by name and never by value
 */
export function checkCallerEnvironment(entries: readonly string[]): readonly string[] {
  const faults: string[] = [];
  if (entries.length > LIMITS.environmentMaxEntries) {
    faults.push(`at most ${String(LIMITS.environmentMaxEntries)} entries are accepted`);
  }
  const byteCount = entries.reduce((sum, entry) => sum + Buffer.byteLength(entry), 0);
  if (byteCount > LIMITS.environmentMaxBytes) {
    faults.push(`all entries together may have at most ${String(LIMITS.environmentMaxBytes)} bytes`);
  }
  entries.slice(0, LIMITS.environmentMaxEntries).forEach((entry, index) => {
    const name = entry.split('=', 1)[0] ?? '';
    const label = /^[A-Za-z0-9_]{1,64}$/.test(name) ? name : `entry ${String(index + 1)}`;
    if (Buffer.byteLength(entry) > LIMITS.environmentEntryMaxBytes) faults.push(`${label} is too long`);
    else if (!ENTRY.test(entry)) faults.push(`${label} is not of the form NAME=value`);
    else if (RESERVED.test(name)) faults.push(`${label} is reserved`);
  });
  if (faults.length > 0) throw new ExternalAgentError('INVALID_REQUEST', `env is not acceptable: ${faults.join('; ')}`);
  return entries;
}
