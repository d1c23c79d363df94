import { parseArgs } from 'node:util';

import { HEARTBEAT_DIALECTS, type HeartbeatDialect } from './host/heartbeat.js';
import { MOONLIGHT_DIALECTS, type MoonlightDialect } from './moonlight/stream-messages.js';
import { WOLF_ERAS, type WolfEra } from './wolf/wolf-era.js';
import type { WolfFaults } from './wolf/wolf-faults.js';
import { STUCK_THREADS_MAX_COUNT } from './wolf/wolf-limits.js';

const DESKTOP_MODES = ['process', 'none'] as const;
const MOONLIGHT_MODES = ['webrtc', 'scripted', 'none'] as const;
/** As the agent's `--transport` takes them. */
const TRANSPORTS = ['auto', 'mux', 'mux-websocket', 'hijack', 'websocket'] as const;
const GPU_STATS = ['normal', 'amd', 'unavailable', 'all-zero', 'throws'] as const satisfies WolfFaults['gpuStats'][];
const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const;

/** Each flag, the environment variables that stand in for it (first that is set), and what it is when neither is. */
const FLAGS = {
  'api-url': {
    env: ['HELIX_API_URL'],
    fallback: '',
    about: 'API to connect to; without it the host is by itself, without agent and heartbeat',
  },
  'instance-id': { env: ['SANDBOX_INSTANCE_ID', 'WOLF_INSTANCE_ID'], fallback: 'local', about: "the host's id" },
  'runner-token': {
    env: ['RUNNER_TOKEN'],
    fallback: '',
    about: 'opens the links and heartbeats; needed with --api-url. Better not here: RUNNER_TOKEN',
  },
  'max-sandboxes': { env: ['MAX_SANDBOXES'], fallback: '10', about: 'desktops that it has room for' },
  'gpu-vendor': { env: ['GPU_VENDOR'], fallback: 'nvidia', about: 'as the heartbeat says it' },
  'gpu-type': { env: ['GPU_TYPE'], fallback: 'simulated', about: 'as the heartbeat says it' },
  'render-node': { env: ['WOLF_RENDER_NODE'], fallback: '/dev/dri/renderD128', about: 'as the heartbeat says it' },
  'sway-version': { env: ['SIM_SWAY_VERSION'], fallback: 'simulated', about: 'as the heartbeat says it' },
  era: { env: ['SIM_ERA'], fallback: 'jan26', about: `which Wolf it imitates: ${WOLF_ERAS.join(', ')}` },
  socket: { env: ['WOLF_SOCKET_PATH'], fallback: '', about: "path of Wolf's Unix socket; none: one of its own" },
  'control-port': {
    env: ['SIM_CONTROL_PORT'],
    fallback: '0',
    about: 'port on 127.0.0.1 for faults on request; 0: any free one',
  },
  desktops: {
    env: ['SIM_DESKTOPS'],
    fallback: 'process',
    about: `${DESKTOP_MODES.join(', ')}: what stands for a desktop container`,
  },
  transport: { env: ['SIM_TRANSPORT'], fallback: 'auto', about: `of the host's agent: ${TRANSPORTS.join(', ')}` },
  'agent-path': { env: ['SIM_AGENT_PATH'], fallback: '', about: "the agent's program; none: the built one" },
  'heartbeat-dialect': {
    env: ['SIM_HEARTBEAT_DIALECT'],
    fallback: 'wolf-instances',
    about: HEARTBEAT_DIALECTS.join(', '),
  },
  moonlight: {
    env: ['SIM_MOONLIGHT'],
    fallback: 'webrtc',
    about: `${MOONLIGHT_MODES.join(', ')}; none without credentials`,
  },
  'moonlight-dialect': { env: ['SIM_MOONLIGHT_DIALECT'], fallback: 'K', about: MOONLIGHT_DIALECTS.join(', ') },
  'moonlight-credentials': {
    env: ['MOONLIGHT_CREDENTIALS'],
    fallback: '',
    about: 'what the API and Moonlight Web share. Better not here: MOONLIGHT_CREDENTIALS',
  },
  'log-level': { env: ['SIM_LOG_LEVEL'], fallback: 'info', about: LOG_LEVELS.join(', ') },
  'slow-create': {
    env: ['SIM_SLOW_CREATE_MS'],
    fallback: '0',
    about: 'milliseconds that Wolf takes to create a lobby',
  },
  'disk-used': { env: ['SIM_DISK_USED_PERCENT'], fallback: '', about: "per cent; none: as full as this machine's" },
  'gpu-memory': {
    env: ['SIM_GPU_MEMORY_MB'],
    fallback: '',
    about: 'MB of video memory; none: enough for all desktops',
  },
  'gpu-memory-used': { env: ['SIM_GPU_MEMORY_USED_MB'], fallback: '', about: 'MB of it that others use' },
  'encoder-sessions': {
    env: ['SIM_ENCODER_SESSIONS'],
    fallback: '',
    about: 'encoder sessions that Wolf says are open',
  },
  'gpu-stats': { env: ['SIM_GPU_STATS'], fallback: '', about: `what Wolf says of its GPU: ${GPU_STATS.join(', ')}` },
  'stuck-threads': { env: ['SIM_STUCK_THREADS'], fallback: '0', about: 'threads of Wolf that hang' },
  'crash-wolf-after': {
    env: ['SIM_CRASH_WOLF_AFTER_S'],
    fallback: '0',
    about: 'seconds until Wolf crashes and is started again; 0: never',
  },
  'cut-link-every': {
    env: ['SIM_CUT_LINK_EVERY_S'],
    fallback: '0',
    about: 'seconds between two cuts of all links; 0: never',
  },
} as const;

const SWITCHES = {
  'create-times-out': { env: 'SIM_CREATE_TIMES_OUT', about: 'Wolf answers a create too late and keeps the lobby' },
  'no-pipelines': { env: 'SIM_NO_PIPELINES', about: 'Wolf cannot create pipelines' },
  'silent-wolf': { env: 'SIM_SILENT_WOLF', about: 'Wolf answers nothing' },
  'dead-screenshot-server': { env: 'SIM_DEAD_SCREENSHOT_SERVER', about: 'desktops have no screenshot server' },
  'no-relay': { env: 'SIM_NO_RELAY', about: 'agents connect to the API directly, so that their links cannot be cut' },
} as const;

type FlagName = keyof typeof FLAGS;
type SwitchName = keyof typeof SWITCHES;

export interface SimulatorOptions {
  /** Undefined: a host by itself, without agent and heartbeat, as `HELIX_API_URL=""` means (helix-rest §6.1). */
  readonly apiUrl: string | undefined;
  readonly instanceId: string;
  readonly runnerToken: string;
  readonly maxSandboxes: number;
  readonly gpuVendor: string;
  readonly gpuType: string;
  readonly renderNode: string;
  readonly swayVersion: string;
  readonly era: WolfEra;
  readonly socketPath: string | undefined;
  readonly controlPort: number;
  readonly desktops: (typeof DESKTOP_MODES)[number];
  /** Of the host's agent; desktops' agents choose for themselves. */
  readonly transport: (typeof TRANSPORTS)[number];
  readonly agentPath: string | undefined;
  readonly heartbeatDialect: HeartbeatDialect;
  /** Always `none` without credentials. */
  readonly moonlight: (typeof MOONLIGHT_MODES)[number];
  readonly moonlightDialect: MoonlightDialect;
  readonly moonlightCredentials: string | undefined;
  readonly logLevel: (typeof LOG_LEVELS)[number];
  readonly relay: boolean;
  /** With which Wolf begins. */
  readonly wolfFaults: Partial<WolfFaults>;
  /** Undefined: as full as the machine's own. */
  readonly diskUsedPercent: number | undefined;
  readonly deadScreenshotServer: boolean;
  /** 0: never. */
  readonly crashWolfAfterS: number;
  /** 0: never. */
  readonly cutLinkEveryS: number;
}

/** The options from flags, then environment. Throws one error that lists every fault by name, never by value. */
export function parseSimulatorOptions(args: readonly string[], env: NodeJS.ProcessEnv): SimulatorOptions {
  const faults: string[] = [];
  const { text, isOn } = readFlags(args, env);
  const number = (name: FlagName, max: number): number => {
    const value = Number(text(name));
    if (text(name).trim() === '' || !(value >= 0 && value <= max))
      faults.push(`--${name} is not a number up to ${String(max)}`);
    return value;
  };
  const oneOf = <T extends string>(name: FlagName, choices: readonly T[], fallback: T): T => {
    const choice = choices.find((known) => known === text(name));
    if (choice === undefined) faults.push(`--${name} is none of ${choices.join(', ')}`);
    return choice ?? fallback;
  };

  const given = <T extends object>(name: FlagName, read: (name: FlagName) => T): Partial<T> =>
    text(name) === '' ? {} : read(name);

  const apiUrl = text('api-url') === '' ? undefined : text('api-url');
  if (apiUrl !== undefined && !(/^https?:/i.test(apiUrl) && URL.canParse(apiUrl)))
    faults.push('--api-url is no http(s) URL');
  if (apiUrl !== undefined && text('runner-token') === '') faults.push('--runner-token or RUNNER_TOKEN is missing');
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/.test(text('instance-id'))) faults.push('--instance-id is no instance id');
  const options: SimulatorOptions = {
    apiUrl,
    instanceId: text('instance-id'),
    runnerToken: text('runner-token'),
    maxSandboxes: number('max-sandboxes', 10_000),
    gpuVendor: text('gpu-vendor'),
    gpuType: text('gpu-type'),
    renderNode: text('render-node'),
    swayVersion: text('sway-version'),
    era: oneOf('era', WOLF_ERAS, 'jan26'),
    socketPath: text('socket') === '' ? undefined : text('socket'),
    controlPort: number('control-port', 65_535),
    desktops: oneOf('desktops', DESKTOP_MODES, 'process'),
    transport: oneOf('transport', TRANSPORTS, 'auto'),
    agentPath: text('agent-path') === '' ? undefined : text('agent-path'),
    heartbeatDialect: oneOf('heartbeat-dialect', HEARTBEAT_DIALECTS, 'wolf-instances'),
    logLevel: oneOf('log-level', LOG_LEVELS, 'info'),
    moonlight: text('moonlight-credentials') === '' ? 'none' : oneOf('moonlight', MOONLIGHT_MODES, 'webrtc'),
    moonlightDialect: oneOf('moonlight-dialect', MOONLIGHT_DIALECTS, 'K'),
    moonlightCredentials: text('moonlight-credentials') === '' ? undefined : text('moonlight-credentials'),
    relay: !isOn('no-relay'),
    wolfFaults: {
      createDelayMs: number('slow-create', 3_600_000),
      createTimesOutLeavingLobby: isOn('create-times-out'),
      canCreatePipelines: !isOn('no-pipelines'),
      stuckThreadCount: number('stuck-threads', STUCK_THREADS_MAX_COUNT),
      ...(isOn('silent-wolf') && { answer: { kind: 'silent' as const } }),
      ...given('gpu-stats', (name) => ({ gpuStats: oneOf(name, GPU_STATS, 'normal') })),
      ...given('gpu-memory', (name) => ({ videoMemoryTotalMb: number(name, 1e9) })),
      ...given('gpu-memory-used', (name) => ({ videoMemoryUsedMb: number(name, 1e9) })),
      ...given('encoder-sessions', (name) => ({ encoderSessionCount: number(name, 1e6) })),
    },
    diskUsedPercent: given('disk-used', (name) => ({ percent: number(name, 100) })).percent,
    deadScreenshotServer: isOn('dead-screenshot-server'),
    crashWolfAfterS: number('crash-wolf-after', 86_400),
    cutLinkEveryS: number('cut-link-every', 86_400),
  };
  if (faults.length > 0) throw new Error(faults.join('\n'));
  return options;
}

interface Flags {
  readonly text: (name: FlagName) => string;
  readonly isOn: (name: SwitchName) => boolean;
}

function readFlags(args: readonly string[], env: NodeJS.ProcessEnv): Flags {
  const options: Record<string, { readonly type: 'string' | 'boolean' }> = {};
  for (const name of Object.keys(FLAGS)) options[name] = { type: 'string' };
  for (const name of Object.keys(SWITCHES)) options[name] = { type: 'boolean' };
  const values: Readonly<Record<string, unknown>> = { ...parseArgs({ args: [...args], options }).values };
  return {
    text: (name) => {
      const given = values[name];
      if (typeof given === 'string') return given;
      const { env: variables, fallback } = FLAGS[name];
      return (
        variables.map((variable) => env[variable]).find((value) => value !== undefined && value !== '') ?? fallback
      );
    },
    isOn: (name) => values[name] === true || ['1', 'true', 'yes'].includes(env[SWITCHES[name].env] ?? ''),
  };
}

/** What `--help` prints. */
export function simulatorHelp(): string {
  const flags = Object.entries(FLAGS).map(([name, { env, fallback, about }]) =>
    row(name, `${about} (${env.join(', ')}${fallback === '' ? '' : `; default: ${fallback}`})`),
  );
  const switches = Object.entries(SWITCHES).map(([name, { env, about }]) => row(name, `${about} (${env}=1)`));
  return [
    'sandbox-simulator: a GPU host without a GPU, with the real agent',
    '',
    'usage: npm run simulator -- [flags]    (a flag, or the environment variable in brackets)',
    '',
    ...flags,
    ...switches,
    row('help', 'this'),
    '',
    'It says on standard output when it is ready, and where its control port is. SIGTERM or Ctrl-C ends it with its desktops.',
    '',
  ].join('\n');
}

function row(name: string, about: string): string {
  return `  --${name.padEnd(24)}${about}`;
}
