import { parseArgs } from 'node:util';
import { type ScreenshotFault, isScreenshotFaultMode } from './screenshot-fault.js';

export interface DesktopOptions {
  readonly sessionId: string;
  readonly port: number;
  readonly bootDelayMs: number;
  readonly fault: ScreenshotFault;
  readonly agentPath: string | undefined;
  readonly server: string | undefined;
  readonly serverName: string | undefined;
}

/**
 * Options of a desktop process. Without `--server` the agent's server follows from the environment as in a desktop's
 * start script: `HELIX_API_BASE_URL`, else `HELIX_API_URL` (helix-rest §6.4). Throws an error that lists every fault.
 */
export function parseDesktopOptions(args: readonly string[], env: NodeJS.ProcessEnv): DesktopOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      'session-id': { type: 'string' },
      port: { type: 'string', default: '0' },
      'boot-delay-ms': { type: 'string', default: '0' },
      agent: { type: 'string' },
      server: { type: 'string' },
      'server-name': { type: 'string' },
    },
  });
  const faults: string[] = [];
  const sessionId = values['session-id'] ?? env['HELIX_SESSION_ID'] ?? '';
  if (sessionId === '') faults.push('--session-id or HELIX_SESSION_ID is missing');
  const port = Number(values.port);
  if (!Number.isInteger(port) || port < 0 || port > 65535) faults.push('--port is not a port');
  const bootDelayMs = Number(values['boot-delay-ms']);
  if (!(bootDelayMs >= 0)) faults.push('--boot-delay-ms is not a number of milliseconds');
  const mode = env['SIM_SCREENSHOT_FAULT'] ?? 'ok';
  if (!isScreenshotFaultMode(mode)) faults.push('SIM_SCREENSHOT_FAULT is no fault that there is');
  const server = values.server ?? apiUrlOf(env);
  if (values.agent !== undefined && server === undefined)
    faults.push('HELIX_API_BASE_URL and HELIX_API_URL are missing');
  if (faults.length > 0) throw new Error(faults.join('; '));
  return {
    sessionId,
    port,
    bootDelayMs,
    fault: { mode: isScreenshotFaultMode(mode) ? mode : 'ok' },
    agentPath: values.agent,
    server,
    serverName: values['server-name'],
  };
}

/** Where a desktop's agent connects to, as its start script decides it. */
export function apiUrlOf(env: Readonly<Record<string, string | undefined>>): string | undefined {
  const url = env['HELIX_API_BASE_URL'] ?? '';
  const fallback = env['HELIX_API_URL'] ?? '';
  return url !== '' ? url : fallback !== '' ? fallback : undefined;
}

/** What a desktop process tells its parent, on the channel between them and as a line of its output. */
export type DesktopMessage =
  | { readonly msg: 'agent started'; readonly pid: number }
  | { readonly msg: 'agent ended'; readonly code: number | null; readonly signal: string | null }
  /** Where it keeps files; its parent removes them when this process was killed. */
  | { readonly msg: 'folder'; readonly path: string }
  | { readonly msg: 'ready'; readonly port: number; readonly pid: number; readonly agentPid: number | null };

export function isDesktopMessage(value: unknown): value is DesktopMessage {
  if (typeof value !== 'object' || value === null || !('msg' in value)) return false;
  switch (value.msg) {
    case 'ready':
      return 'port' in value && typeof value.port === 'number';
    case 'agent started':
      return 'pid' in value && typeof value.pid === 'number';
    case 'agent ended':
      return true;
    case 'folder':
      return 'path' in value && typeof value.path === 'string';
    default:
      return false;
  }
}
