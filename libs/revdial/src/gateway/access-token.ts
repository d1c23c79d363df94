import type { IncomingMessage } from 'node:http';

export interface AccessToken {
  readonly token: string;
  readonly from: 'header' | 'cookie' | 'query';
}

/**
 * The token of a request: `Authorization` with its first `Bearer ` removed (a bare token works too), else the cookie
 * `access_token`, else the query's `access_token` (helix-rest §1.1). An empty one counts as none and falls through.
 */
export function accessTokenOf(request: IncomingMessage): AccessToken | undefined {
  // A header with an empty token arrives without its trailing space.
  const header = request.headers.authorization?.replace(/Bearer(?: |$)/, '').trim();
  if (header) return { token: header, from: 'header' };
  const cookie = cookieOf(request.headers.cookie, 'access_token');
  if (cookie) return { token: cookie, from: 'cookie' };
  const url = request.url ?? '';
  const start = url.indexOf('?');
  if (start < 0 || !url.includes('access_token=', start)) return undefined;
  const token = new URLSearchParams(url.slice(start)).get('access_token');
  return token ? { token, from: 'query' } : undefined;
}

function cookieOf(header: string | undefined, name: string): string | undefined {
  for (const pair of header?.split(';') ?? []) {
    const equals = pair.indexOf('=');
    if (equals < 0 || pair.slice(0, equals).trim() !== name) continue;
    const value = pair.slice(equals + 1).trim();
    try {
      return decodeURIComponent(value);
    } catch {
      return value;
    }
  }
  return undefined;
}
