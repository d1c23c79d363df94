import type { IncomingMessage } from 'node:http';

const READS: ReadonlySet<string | undefined> = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Does a page of another site make the browser change something here? A browser adds our cookie to such requests where
 * whoever set it allowed that, and says in `Origin` whose page it is. No page can leave `Origin` away or set the other
 * headers read here. Programs send no `Origin`, and pages of other sites that hold a key send it as a header.
 */
export function isActOfAnotherSite(request: IncomingMessage, serverUrl: string): boolean {
  return !READS.has(request.method) && isFromAnotherSite(request, serverUrl);
}

/** The same for any request: a WebSocket is opened by a GET, and the page reads what comes through it. */
export function isFromAnotherSite({ headers }: IncomingMessage, serverUrl: string): boolean {
  const { origin } = headers;
  if (origin === undefined) return false;
  const page = URL.canParse(origin) ? new URL(origin).host : undefined;
  if (page === undefined) return true;
  // Behind a proxy `Host` may be the proxy's own name for us.
  const forwarded = headers['x-forwarded-host'];
  const ours = [headers.host, typeof forwarded === 'string' ? forwarded.split(',')[0]?.trim() : undefined];
  return !ours.includes(page) && page !== new URL(serverUrl).host;
}
