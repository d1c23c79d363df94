import type { Credential } from './credentials.js';

/** Where the stream of a session is opened, below the API's `base`. A browser cannot put a token into a header of a WebSocket, so it goes into the query. */
export function streamUrl(base: URL, sessionId: string, viewerId: string, credential: Credential): string {
  const url = new URL(`api/v1/sessions/${encodeURIComponent(sessionId)}/stream`, base);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  url.searchParams.set('viewer', viewerId);
  url.searchParams.set('activity', 'reported');
  if (credential.kind === 'share') url.searchParams.set('share', credential.token);
  if (credential.kind === 'token') url.searchParams.set('access_token', credential.token);
  return url.href;
}
