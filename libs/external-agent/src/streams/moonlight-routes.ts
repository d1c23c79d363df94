import { LIMITS } from '../limits.js';
import type { MoonlightDialect } from './moonlight-dialects.js';

export type MoonlightMethod = 'GET' | 'POST' | 'OPTIONS' | 'PATCH' | 'DELETE';

/** A call that may be passed on to a host's Moonlight Web, and how. */
export interface MoonlightRoute {
  readonly method: MoonlightMethod;
  /** As the host is asked, without a query. */
  readonly path: string;
  /** Of the body that belongs to it; undefined where none does. */
  readonly bodyType: string | undefined;
  readonly bodyMaxBytes: number;
  /** Longest silence within the answer. */
  readonly silenceMs: number;
}

const PREFIX = '/moonlight/';

/** No percent sign, dot, empty part or slash at the end: what is passed on is what was compared. */
const PLAIN_PATH = /^[A-Za-z0-9_-]+(?:\/[A-Za-z0-9_-]+)*$/;

const GET_PATHS: ReadonlySet<string> = new Set([
  '/api/authenticate',
  '/api/hosts',
  '/api/host',
  '/api/apps',
  '/api/app/image',
  '/api/sessions',
  '/api/admin/status',
]);

/** Adding and removing hosts is not among them: it would make Moonlight Web call any address in its network. */
const POST_PATHS: ReadonlySet<string> = new Set(['/api/pair', '/api/host/wake', '/api/host/cancel']);

const WEB_RTC = '/api/host/stream/webrtc';
const WEB_RTC_STREAM = /^\/api\/host\/stream\/webrtc\/[A-Za-z0-9_-]{1,128}$/;

/**
 * The call that a request under `/moonlight/` means; `undefined` where it may mean none. `/api` is put in front of paths
 * without it, as Helix does (moonlight-web §7). `path` is the request's own, neither decoded nor tidied.
 */
export function moonlightRouteOf(method: string, path: string, dialect: MoonlightDialect): MoonlightRoute | undefined {
  const rest = path.startsWith(PREFIX) ? path.slice(PREFIX.length) : '';
  if (!PLAIN_PATH.test(rest)) return undefined;
  const upstream = rest.startsWith('api/') ? `/${rest}` : `/api/${rest}`;
  if (method === 'GET' && GET_PATHS.has(upstream)) return route(method, upstream);
  if (method === 'POST' && POST_PATHS.has(upstream)) return route(method, upstream, 'application/json');
  return dialect === 'v3' ? webRtcRoute(method, upstream) : undefined;
}

/**
 * WebRTC signalling of v3 is this REST and no socket. Its callers are admins alone: attributes in the offer's SDP choose the
 * host and the app, so that a caller who may send one reaches every desktop of the host, and they cannot be rewritten safely, since
 * what they are called is not settled (moonlight-web §6) and the answer depends on the offer byte by byte.
 */
function webRtcRoute(method: string, path: string): MoonlightRoute | undefined {
  if (path === WEB_RTC && method === 'OPTIONS') return route(method, path);
  if (path === WEB_RTC && method === 'POST') return route(method, path, 'application/sdp');
  if (!WEB_RTC_STREAM.test(path)) return undefined;
  if (method === 'PATCH') return route(method, path, 'application/trickle-ice-sdpfrag');
  return method === 'DELETE' ? route(method, path) : undefined;
}

function route(method: MoonlightMethod, path: string, bodyType?: string): MoonlightRoute {
  return {
    method,
    path,
    bodyType,
    bodyMaxBytes: bodyType === 'application/json' ? LIMITS.moonlightBodyMaxBytes : LIMITS.moonlightSdpMaxBytes,
    silenceMs: path === '/api/pair' ? LIMITS.moonlightPairSilenceMs : LIMITS.moonlightSilenceMs,
  };
}
