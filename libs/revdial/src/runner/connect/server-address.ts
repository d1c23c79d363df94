const REVDIAL_PATH = '/api/v1/revdial';

/** The first path segment of every `connPath` (revdial-wire §2), which clients rewrite to the path above. */
const CONN_PATH_START = '/revdial';

/** What a URL carries without being re-encoded; a query of these is echoed byte for byte. */
const CONN_PATH = /^\/revdial\?[A-Za-z0-9\-._~!$&()*+,;=:@/?%]*$/;

/** Ten times what any server sends, and short enough to be sent back in a `pickup-failed` line with its reason. */
const CONN_PATH_MAX_LENGTH = 1024;

/** Where the API is, and the paths on it. Holds no secret: a URL with credentials is not accepted. */
export interface ServerAddress {
  readonly tls: boolean;
  /** Without the brackets of an IPv6 address. */
  readonly host: string;
  readonly port: number;
  /** As the Host header has it. */
  readonly authority: string;
  /** What stands before `/api/v1/revdial`, empty or beginning with a slash. */
  readonly pathPrefix: string;
}

/**
 * Parses a base URL or a whole RevDial URL; `/api/v1/revdial` is added unless the path ends on it. Schemes http, https,
 * ws and wss. `undefined` when it is none of these, has credentials, a query or a fragment.
 */
export function parseServerAddress(text: string): ServerAddress | undefined {
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  const tls = url.protocol === 'https:' || url.protocol === 'wss:';
  if (!tls && url.protocol !== 'http:' && url.protocol !== 'ws:') return undefined;
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') return undefined;
  const path = url.pathname.replace(/\/+$/, '');
  return {
    tls,
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? (tls ? 443 : 80) : Number(url.port),
    authority: url.host,
    pathPrefix: path.endsWith(REVDIAL_PATH) ? path.slice(0, -REVDIAL_PATH.length) : path,
  };
}

/** Path and query of the control connection. */
export function controlPath(server: ServerAddress, runnerId: string): string {
  return `${server.pathPrefix}${REVDIAL_PATH}?runnerid=${encodeURIComponent(runnerId)}`;
}

/** Path and query of a link for all of these runners; `none`: the API refuses it from every caller. */
export function multiplexedPath(server: ServerAddress, runnerIds: readonly string[] | 'none'): string {
  const path = `${server.pathPrefix}${REVDIAL_PATH}`;
  if (runnerIds === 'none') return path;
  return `${path}?${runnerIds.map((runnerId) => `runnerid=${encodeURIComponent(runnerId)}`).join('&')}`;
}

/**
 * Path and query of the data connection that `connPath` asks for: its first `/revdial` rewritten, its query verbatim.
 * `undefined` for a path that could not be echoed verbatim or is not ours.
 */
export function dataPath(server: ServerAddress, connPath: string): string | undefined {
  if (connPath.length > CONN_PATH_MAX_LENGTH || !CONN_PATH.test(connPath)) return undefined;
  return `${server.pathPrefix}${REVDIAL_PATH}${connPath.slice(CONN_PATH_START.length)}`;
}

/** For logs. */
export function describeServer(server: ServerAddress): string {
  return `${server.tls ? 'https' : 'http'}://${server.authority}${server.pathPrefix}`;
}
