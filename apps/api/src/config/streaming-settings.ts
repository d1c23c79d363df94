import { MoonlightDialects, parseMoonlightDialect, type IceServersConfig } from '@helix/external-agent';
import { z } from 'zod';
import { flag, list, setting, whole } from './setting-schemas.js';

/** What the operator says about streams of desktops to browsers. */
export interface StreamingSettings {
  /** The secret of the hosts' Moonlight Web; undefined: there are no streams. */
  readonly moonlightCredentials: string | undefined;
  /** Which of the desktops' hosts in Moonlight Web's own list is Wolf. */
  readonly moonlightHostId: number;
  readonly dialects: MoonlightDialects;
  /** Origins beside our own whose pages may act with our cookie, as a browser writes them. */
  readonly allowedOrigins: readonly string[];
  readonly viewersPerSession: number;
  readonly viewersPerHost: number;
  /** Are view-only viewers refused where nothing could keep them from typing? */
  readonly viewOnlyNeedsEnforcement: boolean;
  readonly ice: IceServersConfig;
}

const HOST_AND_PORT = String.raw`(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252}))(?::\d{1,5})?`;
const STUN_URL = new RegExp(`^stuns?:${HOST_AND_PORT}$`);
const TURN_URL = new RegExp(`^turns?:${HOST_AND_PORT}(?:\\?transport=(?:udp|tcp))?$`);

/** What no browser takes is a fault here rather than a stream that never begins. */
export const STREAMING_SETTINGS = {
  MOONLIGHT_CREDENTIALS: setting(
    z
      .string()
      .regex(/^[\x21-\x7e]{1,512}$/, 'must be 1 to 512 visible characters')
      .optional(),
    "Secret of the hosts' Moonlight Web, the `credentials` of its configuration; unset: no streams",
  ),
  MOONLIGHT_HOST_ID: setting(
    whole(0, 999_999_999).default(0),
    "Id of Wolf in the hosts' Moonlight Web; its only host is 0",
  ),
  MOONLIGHT_DIALECTS: setting(
    list(dialectEntry(), 1_024)
      .refine(
        (entries) => new Set(entries.map((text) => text.split('=', 1)[0])).size === entries.length,
        'has a Wolf instance twice',
      )
      .default(['*=helix']),
    "What the hosts' Moonlight Web speaks: `instance=dialect`, comma-separated, with `helix`, `v2` or `v3`; `*` is every other host",
  ),
  ALLOWED_ORIGINS: setting(
    list(origin()),
    'Origins beside `SERVER_URL` whose pages may open sockets and act with the cookie, comma-separated, such as `https://app.example.com`',
  ),
  STREAM_VIEWERS_PER_SESSION: setting(whole(1, 1_000).default(8), 'Viewers of one session at once'),
  STREAM_VIEWERS_PER_HOST: setting(
    whole(1, 10_000).default(40),
    'Viewers of all sessions of one host at once: each is an encoder and a process there',
  ),
  VIEW_ONLY_NEEDS_ENFORCEMENT: setting(
    flag().default(false),
    'Refuse view-only viewers on hosts where nothing can keep them from typing',
  ),
  ICE_STUN_URLS: setting(
    list(z.string().regex(STUN_URL, 'must be stun:host[:port]'), 8),
    "STUN servers for viewers, comma-separated, such as `stun:stun.example.com:3478`; with these or `ICE_TURN_URLS` the host's own list is not used",
  ),
  ICE_TURN_URLS: setting(
    list(z.string().regex(TURN_URL, 'must be turn:host[:port][?transport=udp|tcp]'), 8),
    'TURN servers for viewers, comma-separated, such as `turn:turn.example.com:3478?transport=udp`',
  ),
  ICE_TURN_SECRET: setting(
    z
      .string()
      .regex(/^[\x21-\x7e]{8,512}$/, 'must be 8 to 512 visible characters')
      .optional(),
    'What viewers’ passwords for these are made with, the `static-auth-secret` of coturn; required with `ICE_TURN_URLS`',
  ),
  ICE_TURN_TTL_S: setting(
    // A viewer who changes networks in the evening restarts ICE with the password of the morning: it gets no other.
    whole(300, 86_400).default(43_200),
    'Seconds that such a password opens new connections; a viewer has one for the whole stream',
  ),
} as const;

type StreamingEnv = z.output<
  z.ZodObject<{ [Name in keyof typeof STREAMING_SETTINGS]: (typeof STREAMING_SETTINGS)[Name]['schema'] }>
>;

export function streamingSettings(env: StreamingEnv): StreamingSettings {
  return {
    moonlightCredentials: env.MOONLIGHT_CREDENTIALS,
    moonlightHostId: env.MOONLIGHT_HOST_ID,
    dialects: new MoonlightDialects(env.MOONLIGHT_DIALECTS.flatMap((text) => parseMoonlightDialect(text) ?? [])),
    allowedOrigins: env.ALLOWED_ORIGINS,
    viewersPerSession: env.STREAM_VIEWERS_PER_SESSION,
    viewersPerHost: env.STREAM_VIEWERS_PER_HOST,
    viewOnlyNeedsEnforcement: env.VIEW_ONLY_NEEDS_ENFORCEMENT,
    ice: {
      stunUrls: env.ICE_STUN_URLS,
      turnUrls: env.ICE_TURN_URLS,
      turnSecret: env.ICE_TURN_SECRET,
      turnTtlS: env.ICE_TURN_TTL_S,
    },
  };
}

/** Faults of settings that do not go together, from the texts as they were given. */
export function streamingFaults(given: Readonly<Record<string, string>>): readonly string[] {
  const { ICE_TURN_URLS, ICE_TURN_SECRET } = given;
  if (ICE_TURN_URLS !== undefined && ICE_TURN_SECRET === undefined) {
    return ['ICE_TURN_SECRET: is required with ICE_TURN_URLS: a TURN server without passwords relays for anyone'];
  }
  if (ICE_TURN_URLS === undefined && ICE_TURN_SECRET !== undefined) {
    return ['ICE_TURN_SECRET: means nothing without ICE_TURN_URLS'];
  }
  return [];
}

function dialectEntry(): z.ZodType<string, string> {
  return z
    .string()
    .refine((text) => parseMoonlightDialect(text) !== undefined, 'must be instance=helix, instance=v2 or instance=v3');
}

/** As browsers write it in `Origin`: no path, and no port where it is the usual one. */
function origin(): z.ZodType<string, string> {
  return z
    .string()
    .refine(
      (text) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol) && isOnlyOrigin(new URL(text)),
      'must be an http or https origin without a path, such as https://app.example.com',
    )
    .transform((text) => new URL(text).origin);
}

function isOnlyOrigin({ pathname, search, hash, username, password }: URL): boolean {
  return pathname === '/' && `${search}${hash}${username}${password}` === '';
}
