import { readFileSync } from 'node:fs';
import { firstToken, fixedToken, isToken, tokenFile } from '@helix/revdial';
import type { RunnerKind, TokenSource } from '@helix/revdial';
import type { ParsedFlags } from './flags.js';
import { findVariable } from './environment.js';
import type { Environment } from './environment.js';

export type TokenChoice = (kind: RunnerKind) => TokenSource | undefined;

/**
 * Which token opens which tunnel: `-token` opens all; a sandbox- tunnel is opened by USER_API_TOKEN where there is one;
 * else RUNNER_TOKEN_FILE, else RUNNER_TOKEN. Adds what is wrong to `faults`, and what may still come to `warnings`.
 */
export function readTokens(
  flags: ParsedFlags,
  environment: Environment,
  kinds: readonly RunnerKind[],
  faults: string[],
  warnings: string[],
): TokenChoice {
  const flag = flags.values.get('token')?.[0];
  if (flag !== undefined) {
    const source = fixed('-token', flag, faults);
    return () => source;
  }
  const runner = readRunnerToken(environment, faults, warnings);
  const user = findVariable(environment, ['USER_API_TOKEN']);
  const userToken = user === undefined ? undefined : fixed(user.name, user.value, faults);
  const choose: TokenChoice = (kind) => (kind === 'sandbox' ? (userToken ?? runner) : runner);
  const isLacking = kinds.length === 0 ? !userToken && !runner : kinds.some((kind) => choose(kind) === undefined);
  // A token that is set and unfit is a fault already.
  if (isLacking && !hasTokenFault(faults)) {
    const wanted =
      kinds.length > 0 && kinds.every((kind) => kind === 'sandbox')
        ? 'USER_API_TOKEN'
        : 'RUNNER_TOKEN or RUNNER_TOKEN_FILE';
    faults.push(`token: missing; set ${wanted}`);
  }
  return choose;
}

function readRunnerToken(environment: Environment, faults: string[], warnings: string[]): TokenSource | undefined {
  const file = findVariable(environment, ['RUNNER_TOKEN_FILE']);
  if (file !== undefined) {
    // Only looked at here: the file is read before each connection. One that is not there yet is waited for, as one that
    // vanishes later is: what mounts it may be slower than the agent.
    if (!holdsToken(file.value))
      warnings.push(`${file.name}: the file cannot be read or does not hold a token; it is waited for`);
    return tokenFile(file.value);
  }
  const token = findVariable(environment, ['RUNNER_TOKEN']);
  return token === undefined ? undefined : fixed(token.name, firstToken(token.value) ?? '', faults);
}

function holdsToken(path: string): boolean {
  try {
    return firstToken(readFileSync(path, 'utf8')) !== undefined;
  } catch {
    return false;
  }
}

function fixed(name: string, token: string, faults: string[]): TokenSource | undefined {
  if (isToken(token)) return fixedToken(token);
  faults.push(`${name}: is not a token (printable ASCII without spaces)`);
  return undefined;
}

function hasTokenFault(faults: readonly string[]): boolean {
  return faults.some((fault) => /^(-token|RUNNER_TOKEN|RUNNER_TOKEN_FILE|USER_API_TOKEN):/.test(fault));
}
