import { parseTraceTopics, TRACE_TOPICS } from '@helix/revdial';
import type { AgentTransportMode, SocketConnector, TokenSource, TraceTopic } from '@helix/revdial';
import { parseFlags } from './flags.js';
import type { ParsedFlags } from './flags.js';
import { readConnector } from './connector-settings.js';
import { findVariable } from './environment.js';
import type { Environment } from './environment.js';
import { readTokens } from './token-settings.js';
import { readTunnels } from './tunnel-settings.js';
import type { TunnelSettings } from './tunnel-settings.js';

const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const;
const TRANSPORTS = ['auto', 'mux', 'mux-websocket', 'hijack', 'websocket'] as const;

/** An API may be starting, or the session's row be just created: 401 and 403 are doubted for so long. */
const REFUSED_AFTER_DEFAULT_SECONDS = 60;

export type LogLevel = (typeof LOG_LEVELS)[number];

export interface AgentSettings {
  readonly connector: SocketConnector;
  readonly tunnels: readonly (TunnelSettings & { readonly token: TokenSource })[];
  readonly transport: AgentTransportMode;
  /** How long a refusal is doubted before it ends the agent; never, when it is left out. */
  readonly refusedAfterMs: number | undefined;
  readonly logLevel: LogLevel;
  /** What of the wire is written to the log at level debug. */
  readonly trace: readonly TraceTopic[];
  readonly healthPort: number | undefined;
  readonly isTokenOnCommandLine: boolean;
  /** Worth a line in the log, by name, never by value. */
  readonly warnings: readonly string[];
}

export type AgentInvocation =
  | { readonly kind: 'run'; readonly settings: AgentSettings }
  | { readonly kind: 'doctor'; readonly settings: AgentSettings; readonly isJson: boolean }
  | { readonly kind: 'faults'; readonly faults: readonly string[] }
  | { readonly kind: 'help' }
  | { readonly kind: 'version' };

/** Parses the command line and the environment, once and strictly: every fault is found in one go. */
export function readAgentInvocation(args: readonly string[], environment: Environment): AgentInvocation {
  const isDoctor = args[0] === 'doctor';
  const flags = parseFlags(isDoctor ? args.slice(1) : args);
  if (flags.values.has('help')) return { kind: 'help' };
  if (flags.values.has('version')) return { kind: 'version' };
  const faults = [...flags.faults];
  const isJson = flags.values.has('json');
  if (isJson && !isDoctor) faults.push('--json: only "doctor" has it');
  const warnings: string[] = [];
  const isTokenOnCommandLine = flags.values.has('token');
  if (isTokenOnCommandLine) {
    warnings.push(
      '-token: every process on this machine can read a command line; use RUNNER_TOKEN_FILE or RUNNER_TOKEN',
    );
  }
  const connector = readConnector(flags, environment, faults, warnings);
  const tunnels = readTunnels(flags, environment, faults);
  const tokenOf = readTokens(
    flags,
    environment,
    tunnels.map(({ kind }) => kind),
    faults,
    warnings,
  );
  const transport = readChoice(flags, 'transport', TRANSPORTS, 'auto', faults);
  const logLevel = readChoice(flags, 'log-level', LOG_LEVELS, 'info', faults);
  const healthPort = readNumber(flags, 'health-port', 65_535, faults);
  const refusedAfterSeconds = readNumber(flags, 'refused-after', 86_400, faults);
  const exitsOnRefusal = flags.values.has('exit-on-refusal');
  if (refusedAfterSeconds !== undefined && !exitsOnRefusal)
    warnings.push('--refused-after: means nothing without --exit-on-refusal; a refusal is asked about for ever');
  if (faults.length > 0 || connector === undefined) return { kind: 'faults', faults };
  const settings: AgentSettings = {
    connector,
    tunnels: tunnels.flatMap((tunnel) => {
      const token = tokenOf(tunnel.kind);
      return token === undefined ? [] : [{ ...tunnel, token }];
    }),
    transport,
    refusedAfterMs: exitsOnRefusal ? (refusedAfterSeconds ?? REFUSED_AFTER_DEFAULT_SECONDS) * 1000 : undefined,
    logLevel,
    trace: readTrace(environment, warnings),
    healthPort,
    isTokenOnCommandLine,
    warnings,
  };
  return isDoctor ? { kind: 'doctor', settings, isJson } : { kind: 'run', settings };
}

/** A mistake here is a warning: it is no reason to leave a host without its link. */
function readTrace(environment: Environment, warnings: string[]): readonly TraceTopic[] {
  const written = findVariable(environment, ['HELIX_TRACE']);
  if (written === undefined) return [];
  const topics = parseTraceTopics(written.value);
  if (topics === undefined)
    warnings.push(`HELIX_TRACE: is not ${TRACE_TOPICS.join(', ')} or several of them; nothing is traced`);
  return topics ?? [];
}

function readChoice<T extends string>(
  flags: ParsedFlags,
  name: 'transport' | 'log-level',
  choices: readonly T[],
  fallback: T,
  faults: string[],
): T {
  const written = flags.values.get(name)?.[0];
  if (written === undefined) return fallback;
  const choice = choices.find((each) => each === written);
  if (choice === undefined) faults.push(`--${name}: is not one of ${choices.join(', ')}`);
  return choice ?? fallback;
}

function readNumber(
  flags: ParsedFlags,
  name: 'health-port' | 'refused-after',
  greatest: number,
  faults: string[],
): number | undefined {
  const written = flags.values.get(name)?.[0];
  if (written === undefined) return undefined;
  if (/^\d{1,5}$/.test(written) && Number(written) <= greatest) return Number(written);
  faults.push(`--${name}: is not a whole number up to ${String(greatest)}`);
  return undefined;
}
