import { homedir } from 'node:os';
import path from 'node:path';
import { parseTraceTopics, TRACE_TOPICS, type TraceTopic } from '@helix/revdial';
import { z } from 'zod';
import { DESKTOP_SETTINGS, desktopSettings, mountFaults, type DesktopSettings } from './desktop-settings.js';
import { IDENTITY_SETTINGS, identityFaults, readIdentity, type IdentityConfig } from './identity-settings.js';
import { PLACEMENT_SETTINGS, placementSettings, type PlacementSettings } from './placement-settings.js';
import { flag, setting, whole } from './setting-schemas.js';
import {
  STREAMING_SETTINGS,
  streamingFaults,
  streamingSettings,
  type StreamingSettings,
} from './streaming-settings.js';

/** The API's whole configuration, as `docs/configuration.md` lists it. Read once, at start. */
export interface ApiConfig extends IdentityConfig {
  readonly host: string;
  readonly port: number;
  readonly maxConnections: number;
  /** Public base URL, without a trailing slash. */
  readonly serverUrl: string;
  /** Its path: empty, or beginning with a slash and ending without. */
  readonly basePath: string;
  /** Base URL at which desktops reach this API, without a trailing slash. */
  readonly sandboxApiUrl: string;
  /** Undefined: an own PostgreSQL under `dataDir`. */
  readonly databaseUrl: string | undefined;
  readonly databasePoolSize: number;
  readonly dataDir: string;
  /** `dataDir` is the default, so another may be taken where it cannot be used. */
  readonly dataDirIsDefault: boolean;
  readonly runnerTokens: readonly string[];
  readonly adminApiKey: string | undefined;
  readonly adminUserId: string;
  readonly logLevel: LogLevel;
  /** What of the tunnel is written to the log at level debug. */
  readonly trace: readonly TraceTopic[];
  readonly metricsPublic: boolean;
  readonly runnerGraceMs: number;
  readonly upstreamHeadersTimeoutMs: number;
  readonly upstreamBodyTimeoutMs: number;
  readonly shutdownGraceMs: number;
  readonly maxSandboxesDefault: number;
  readonly placement: PlacementSettings;
  /** Idle time after which a desktop is stopped; 0: never. */
  readonly idleLimitMs: number;
  /** The longest idle limit that a caller may choose for a session. */
  readonly idleLimitMaxMs: number;
  /** A host without a link that is not heard of for this long is lost. */
  readonly hostLostAfterMs: number;
  /** How long its sessions wait for it after that. */
  readonly hostLostDeadlineMs: number;
  readonly localWolf: { readonly instanceId: string; readonly socketPath: string } | undefined;
  readonly desktop: DesktopSettings;
  readonly desktopExecEnabled: boolean;
  readonly streamingBitrateMbps: number;
  readonly streaming: StreamingSettings;
}

const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** One setting: what it is for people, and how it is read. `docs/configuration.md` is compared with this table by a test. */
export const SETTINGS = {
  HOST: setting(z.string().min(1).default('0.0.0.0'), 'Address to listen on'),
  PORT: setting(whole(0, 65_535).default(8080), 'Port to listen on; 0 takes a free one'),
  HTTP_MAX_CONNECTIONS: setting(
    whole(16, 1_000_000).default(50_000),
    'Connections at once, links of runners and sockets of pages among them; further ones are dropped',
  ),
  SERVER_URL: setting(
    baseUrl().optional(),
    'Public base URL, with its path if a proxy serves the API below one; default `http://localhost:$PORT`',
  ),
  SANDBOX_API_URL: setting(baseUrl().optional(), 'Base URL which desktops use to reach the API; default `SERVER_URL`'),
  DATABASE_URL: setting(
    z
      .string()
      .regex(/^postgres(ql)?:\/\//, 'must begin with postgres:// or postgresql://')
      .refine(
        (text) => URL.canParse(text.replaceAll(' ', '%20')),
        'must be a URL; escape special characters in its password',
      )
      .optional(),
    'PostgreSQL to use; unset: the API runs its own under `HELIX_DATA_DIR`',
  ),
  DATABASE_POOL_SIZE: setting(whole(2, 200).default(10), 'Connections to PostgreSQL'),
  HELIX_DATA_DIR: setting(z.string().min(1).optional(), 'Folder for the embedded PostgreSQL; default `~/.helix`'),
  RUNNER_TOKEN: setting(
    tokenList(),
    'Tokens that hosts present, comma-separated so that a new one can be rolled out before the old one goes; each 16 characters or more',
  ),
  ADMIN_API_KEY: setting(
    z
      .string()
      .regex(/^hl-[A-Za-z0-9_-]{16,}$/, 'must be hl- and 16 or more of A-Z a-z 0-9 _ -')
      .optional(),
    'Key of the first admin, made at start; unset: only keys in the database count',
  ),
  ADMIN_USER_ID: setting(
    z
      .string()
      .regex(/^[A-Za-z0-9._@-]{1,128}$/)
      .default('admin'),
    'User id of that admin',
  ),
  LOG_LEVEL: setting(z.enum(LOG_LEVELS).default('info'), 'Least level that is logged'),
  HELIX_TRACE: setting(
    traceTopics().optional(),
    'What of the tunnel is written to the log at level `debug`: `records`, `frames`, `dials`, or several with commas; unset: nothing',
  ),
  METRICS_PUBLIC: setting(flag().default(false), 'Serve `/metrics` without a key'),
  RUNNER_GRACE_MS: setting(whole(0, 600_000).default(30_000), 'How long dials wait for a runner that lost its link'),
  UPSTREAM_HEADERS_TIMEOUT_MS: setting(
    whole(100, 600_000).default(30_000),
    'How long a service behind the tunnel may take to begin its answer',
  ),
  UPSTREAM_BODY_TIMEOUT_MS: setting(whole(100, 600_000).default(30_000), 'Longest silence within its answer'),
  SHUTDOWN_GRACE_MS: setting(whole(0, 600_000).default(8_000), 'How long requests under way may take after SIGTERM'),
  MAX_SANDBOXES: setting(whole(0, 10_000).default(20), 'Slots of a host that does not say how many it has'),
  ...PLACEMENT_SETTINGS,
  IDLE_LIMIT_MINUTES: setting(
    whole(0, 14_400).default(30),
    'Minutes without work after which a desktop is stopped; 0: never',
  ),
  IDLE_LIMIT_MAX_MINUTES: setting(
    whole(1, 14_400).default(1440),
    'The longest idle limit that a caller may choose for a session',
  ),
  HOST_LOST_AFTER_MS: setting(
    whole(100, 86_400_000).default(60_000),
    'How long a host may be without a link and unheard of before its sessions are told that it is lost',
  ),
  HOST_LOST_DEADLINE_MS: setting(
    whole(0, 604_800_000).default(900_000),
    'How long sessions wait then for their host to come back; after that they fail, or start on another host if they asked for it',
  ),
  WOLF_SOCKET_PATH: setting(
    z.string().startsWith('/', 'must be an absolute path').optional(),
    'Socket of a Wolf on this machine, used without a tunnel',
  ),
  WOLF_INSTANCE_ID: setting(
    z
      .string()
      .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/)
      .default('local'),
    'Instance id of that Wolf',
  ),
  ...DESKTOP_SETTINGS,
  DESKTOP_EXEC_ENABLED: setting(
    flag().default(false),
    'Let owners run commands in their desktops; which programs is for the desktop image to say',
  ),
  STREAMING_BITRATE_MBPS: setting(whole(1, 1_000).default(40), 'Mbit/s that the frontend asks of a stream'),
  ...STREAMING_SETTINGS,
  ...IDENTITY_SETTINGS,
} as const;

/** All faults of a configuration, by name and never by value. */
export class ConfigError extends Error {
  constructor(readonly faults: readonly string[]) {
    super(
      `the configuration has ${String(faults.length)} fault(s):\n${faults.map((fault) => `  ${fault}`).join('\n')}`,
    );
    this.name = 'ConfigError';
  }
}

/**
 * Reads the configuration from an environment. Empty variables count as unset.
 * @throws ConfigError naming every fault at once
 */
export function readApiConfig(environment: NodeJS.ProcessEnv): ApiConfig {
  const present: Readonly<Record<string, string>> = Object.fromEntries(
    Object.keys(SETTINGS).flatMap((name) => {
      const value = environment[name]?.trim();
      return value === undefined || value === '' ? [] : [[name, value]];
    }),
  );
  const shape = Object.fromEntries(Object.entries(SETTINGS).map(([name, { schema }]) => [name, schema])) as {
    readonly [Name in keyof typeof SETTINGS]: (typeof SETTINGS)[Name]['schema'];
  };
  const parsed = z.object(shape).safeParse(present);
  const faults = [
    ...(parsed.error?.issues ?? []).map((issue) => `${issue.path.join('.')}: ${faultText(issue)}`),
    ...identityFaults(present),
    ...mountFaults(present),
    ...streamingFaults(present),
  ];
  if (!parsed.success || faults.length > 0) throw new ConfigError(faults);
  const env = parsed.data;
  const serverUrl = env.SERVER_URL ?? `http://localhost:${String(env.PORT)}`;
  return {
    host: env.HOST,
    port: env.PORT,
    maxConnections: env.HTTP_MAX_CONNECTIONS,
    serverUrl,
    basePath: new URL(serverUrl).pathname.replace(/\/$/, ''),
    sandboxApiUrl: env.SANDBOX_API_URL ?? serverUrl,
    databaseUrl: env.DATABASE_URL,
    databasePoolSize: env.DATABASE_POOL_SIZE,
    dataDir: path.resolve(env.HELIX_DATA_DIR ?? path.join(homedir(), '.helix')),
    dataDirIsDefault: env.HELIX_DATA_DIR === undefined,
    runnerTokens: env.RUNNER_TOKEN,
    adminApiKey: env.ADMIN_API_KEY,
    adminUserId: env.ADMIN_USER_ID,
    logLevel: env.LOG_LEVEL,
    trace: env.HELIX_TRACE ?? [],
    metricsPublic: env.METRICS_PUBLIC,
    runnerGraceMs: env.RUNNER_GRACE_MS,
    upstreamHeadersTimeoutMs: env.UPSTREAM_HEADERS_TIMEOUT_MS,
    upstreamBodyTimeoutMs: env.UPSTREAM_BODY_TIMEOUT_MS,
    shutdownGraceMs: env.SHUTDOWN_GRACE_MS,
    maxSandboxesDefault: env.MAX_SANDBOXES,
    placement: placementSettings(env),
    idleLimitMs: env.IDLE_LIMIT_MINUTES * 60_000,
    idleLimitMaxMs: env.IDLE_LIMIT_MAX_MINUTES * 60_000,
    hostLostAfterMs: env.HOST_LOST_AFTER_MS,
    hostLostDeadlineMs: env.HOST_LOST_DEADLINE_MS,
    localWolf:
      env.WOLF_SOCKET_PATH === undefined
        ? undefined
        : { instanceId: env.WOLF_INSTANCE_ID, socketPath: env.WOLF_SOCKET_PATH },
    desktop: desktopSettings(env),
    desktopExecEnabled: env.DESKTOP_EXEC_ENABLED,
    streamingBitrateMbps: env.STREAMING_BITRATE_MBPS,
    streaming: streamingSettings(env),
    ...readIdentity(env),
  };
}

function faultText(issue: z.core.$ZodIssue): string {
  return issue.code === 'invalid_type' && issue.input === undefined ? 'is required' : issue.message;
}

/** Host and port, and segments that no one has to decode or to resolve; one slash at the end means nothing. */
const BASE_URL = /^https?:\/\/[^/?#@\\\s]+(?:\/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)*\/?$/i;

function baseUrl() {
  return (
    z
      .string()
      .refine((text) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol), {
        error: 'must be an http or https URL',
        abort: true,
      })
      // What would be read in two ways, by a proxy and by us, or mean nothing here, is not tidied up in silence.
      .refine(
        (text) => BASE_URL.test(text),
        'must have a plain path or none, such as https://example.com/helix: no query, fragment, password, escapes, dots or double slashes',
      )
      .refine((text) => !/\/api\/v1\/?$/i.test(text), 'must end before /api/v1, which is added to it')
      .transform((text) => text.replace(/\/$/, ''))
  );
}

function traceTopics() {
  return z.string().transform((text, context) => {
    const topics = parseTraceTopics(text);
    if (topics !== undefined) return topics;
    context.addIssue({ code: 'custom', message: `must be ${TRACE_TOPICS.join(', ')}, or several of them with commas` });
    return z.NEVER;
  });
}

function tokenList() {
  return z
    .string({ error: 'is required: the token which hosts present, 16 characters or more' })
    .transform((text) => text.split(',').map((token) => token.trim()))
    .refine(
      (tokens) => tokens.every((token) => /^[\x21-\x2b\x2d-\x7e]{16,256}$/.test(token)),
      'each token must have 16 to 256 visible characters',
    );
}
