import { checkCallerEnvironment } from '../../session/environment.js';
import { ExternalAgentError } from '../../external-agent-error.js';
import { LIMITS } from '../../limits.js';

/** A command for a desktop, program first. */
export interface ExecRequest {
  readonly command: readonly string[];
  /** Do not wait for its end. */
  readonly background: boolean;
  readonly timeoutS: number;
  readonly environment: Readonly<Record<string, string>>;
}

/** What a caller may leave out. */
export interface ExecWish {
  readonly command: readonly string[];
  readonly background?: boolean | undefined;
  readonly timeoutS?: number | undefined;
  readonly environment?: Readonly<Record<string, unknown>> | undefined;
}

/**
 * Fills in what was left out, and checks the rest.
 * @throws ExternalAgentError INVALID_REQUEST; arguments and values never stand in its message
 */
export function checkedExecRequest(wish: ExecWish): ExecRequest {
  const { command, background = false, timeoutS = LIMITS.execTimeoutDefaultS } = wish;
  if (command.length === 0 || command[0] === '') throw invalid('command must name a program');
  if (command.length > LIMITS.execArgumentsMaxCount) {
    throw invalid(`command may have at most ${String(LIMITS.execArgumentsMaxCount)} parts`);
  }
  const byteCount = command.reduce((sum, part) => sum + Buffer.byteLength(part), 0);
  if (byteCount > LIMITS.execCommandMaxBytes) {
    throw invalid(`command may have at most ${String(LIMITS.execCommandMaxBytes)} bytes`);
  }
  // A NUL ends a program's argument, and half a character is none.
  if (command.some((part) => /\0|\p{Cs}/u.test(part))) throw invalid('command has characters no program can be given');
  if (!(timeoutS > 0 && timeoutS <= LIMITS.execTimeoutMaxS)) {
    throw invalid(`timeout must be more than 0 and at most ${String(LIMITS.execTimeoutMaxS)} seconds`);
  }
  const environment: Record<string, string> = {};
  for (const [name, value] of Object.entries(wish.environment ?? {})) {
    if (typeof value !== 'string') throw invalid('env must hold texts only');
    environment[name] = value;
  }
  checkCallerEnvironment(Object.entries(environment).map(([name, value]) => `${name}=${value}`));
  return { command, background, timeoutS, environment };
}

function invalid(message: string): ExternalAgentError {
  return new ExternalAgentError('INVALID_REQUEST', message);
}
