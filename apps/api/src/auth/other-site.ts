import type { IncomingMessage } from 'node:http';
import type { ApiConfig } from '../config/api-config.js';

/** Which pages are ours: those of `SERVER_URL`, of the address that was asked, and those the operator names. */
export type OwnSites = Pick<ApiConfig, 'serverUrl'> & {
  readonly streaming: Pick<ApiConfig['streaming'], 'allowedOrigins'>;
};

const READS: ReadonlySet<string | undefined> = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Does a page of another site make the browser change something here? A browser adds our cookie to such requests where the
 * cookie's own attributes allow that, and says in `Origin` whose page it is. No page can leave `Origin` away or set the other
 * headers read here. Programs send no `Origin`, and pages of other sites that hold a key send it as a header.
 */
export function isActOfAnotherSite(request: IncomingMessage, sites: OwnSites): boolean {
  return !READS.has(request.method) && isFromAnotherSite(request, sites);
}

/**
 * The same for any request: a WebSocket is opened by a GET, and the page reads what comes through it. Browsers that leave `Origin`
 * away say the site in `Sec-Fetch-Site`, and older ones, or those without TLS, the page in `Referer`.
 */
export function isFromAnotherSite({ headers }: IncomingMessage, sites: OwnSites): boolean {
  const { origin, referer, 'sec-fetch-site': site } = headers;
  if (origin !== undefined) return !isOurs(origin, headers, sites);
  if (site !== undefined) return site !== 'same-origin' && site !== 'none';
  return referer !== undefined && !isOurs(URL.canParse(referer) ? new URL(referer).origin : referer, headers, sites);
}

/**
 * May the answer to this request hold a secret? A program may be told it, and a script of one of our pages that reads the answer:
 * not a window, a frame, a picture or a script tag, and not another site.
 */
export function mayHoldSecret(request: IncomingMessage, sites: OwnSites): boolean {
  const { 'sec-fetch-mode': mode, 'sec-fetch-dest': dest, 'sec-fetch-site': site, accept } = request.headers;
  if (isFromAnotherSite(request, sites)) return false;
  if (mode === undefined && dest === undefined && site === undefined) return !/\btext\/html\b/i.test(accept ?? '');
  return (
    (mode === undefined || mode === 'cors' || mode === 'same-origin') &&
    (dest === undefined || dest === 'empty') &&
    (site === undefined || site === 'same-origin' || request.headers.origin !== undefined)
  );
}

function isOurs(origin: string, headers: IncomingMessage['headers'], { serverUrl, streaming }: OwnSites): boolean {
  // Whole and not by its host alone: of a site that is not ours another port or http may belong to another party.
  if (streaming.allowedOrigins.includes(origin)) return true;
  const page = URL.canParse(origin) ? new URL(origin).host : undefined;
  if (page === undefined) return false;
  // Behind a proxy `Host` may be the proxy's own name for us.
  const forwarded = headers['x-forwarded-host'];
  const ours = [headers.host, typeof forwarded === 'string' ? forwarded.split(',')[0]?.trim() : undefined];
  return ours.includes(page) || page === new URL(serverUrl).host;
}
