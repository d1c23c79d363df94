/** Which session's stream a WebSocket asks for, as its URL says; nothing of it is checked yet. */
export interface StreamPath {
  /** Undefined where none is named; there is no stream by default. */
  readonly sessionReference: string | undefined;
  /** Which of a person's tabs asks. */
  readonly tab: string;
  /** The token of a share link. */
  readonly shareToken: string | undefined;
  /** A token in the path itself. */
  readonly accessToken: string | undefined;
  readonly reportsActivity: boolean;
}

const OWN_PATH = /^\/api\/v1\/sessions\/([^/]{1,200})\/stream\/?$/;
/** Where Helix's frontend looks for it (moonlight-web §7). */
const HELIX_PATHS: ReadonlySet<string> = new Set(['/moonlight/api/host/stream', '/moonlight/host/stream']);
const TAB = /^[A-Za-z0-9_-]{1,64}$/;

/** `undefined` for every other path. */
export function parseStreamPath(url: URL): StreamPath | undefined {
  const { pathname, searchParams } = url;
  const own = OWN_PATH.exec(pathname)?.[1];
  if (own === undefined && !HELIX_PATHS.has(pathname)) return undefined;
  const reference = own ?? searchParams.get('session_id') ?? undefined;
  const named = searchParams.get('viewer') ?? '';
  return {
    sessionReference: reference,
    tab: TAB.test(named) ? named : tabIn(reference ?? ''),
    shareToken: searchParams.get('share') ?? undefined,
    accessToken: searchParams.get('access_token') ?? undefined,
    reportsActivity: searchParams.get('activity') === 'reported',
  };
}

/** Helix's pages name their tab behind the session: `agent-<session>-<uuid>`. */
function tabIn(reference: string): string {
  const tab = /^agent-(?:ses|req)_[^-]+-(.+)$/.exec(reference)?.[1] ?? '';
  return TAB.test(tab) ? tab : '';
}
