import type { RunnerHttpResponse } from '@helix/revdial';
import { ExternalAgentError } from '../external-agent-error.js';
import { mediaTypeOf } from '../foreign/ask-plainly.js';
import { rewriteIceLinks } from './ice/ice-links.js';
import type { IceServer } from './ice/ice-servers.js';

export type MoonlightAnswerHeaders = Readonly<Record<string, string | readonly string[]>>;

/** What a host may say that its answer is, and what we say then. Nothing that a browser would run is among them. */
const CONTENT_TYPES: ReadonlyMap<string | undefined, string> = new Map([
  ['application/json', 'application/json'],
  ['application/x-ndjson', 'application/x-ndjson'],
  ['application/sdp', 'application/sdp'],
  ['application/trickle-ice-sdpfrag', 'application/trickle-ice-sdpfrag'],
  ['text/plain', 'text/plain; charset=utf-8'],
  ['image/png', 'image/png'],
  ['image/jpeg', 'image/jpeg'],
  ['image/webp', 'image/webp'],
]);
const ANYTHING_ELSE = 'application/octet-stream';

/** Passed on where they have this form. Cookies, hop-by-hop headers and everything else are not. */
const PASSED: Readonly<Record<string, RegExp>> = {
  'content-length': /^\d{1,15}$/,
  etag: /^(?:W\/)?"[\x21\x23-\x7e]{0,128}"$/,
  'accept-post': /^application\/sdp$/i,
  'accept-patch': /^application\/trickle-ice-sdpfrag$/i,
};

const LOCATION = /^(?:https?:\/\/[^/?#]+)?(?:\/[^?#]*)?(?<path>\/api\/host\/stream\/webrtc\/[A-Za-z0-9_-]{1,128})$/;

/**
 * The headers of a host's answer as its caller gets them: words of ours, chosen by the host's. `Location`, which is the host's own
 * path, comes to lead back through here, below `basePath` and with `query` to find the host again; `Link` names ICE servers and is
 * rewritten like `WebRtcConfig`.
 * @throws ExternalAgentError MOONLIGHT_INVALID_ANSWER when it leads elsewhere; the body is the caller's to destroy
 */
export function moonlightAnswerHeaders(
  { headers }: Pick<RunnerHttpResponse, 'headers'>,
  { basePath, query }: { readonly basePath: string; readonly query: string },
  iceServers: readonly IceServer[] | undefined,
): MoonlightAnswerHeaders {
  const passed: Record<string, string | readonly string[]> = {};
  for (const [name, form] of Object.entries(PASSED)) {
    const value = headers[name];
    if (typeof value === 'string' && form.test(value)) passed[name] = value;
  }
  const { 'content-type': type, location, link } = headers;
  if (type !== undefined) passed['content-type'] = CONTENT_TYPES.get(mediaTypeOf(type)) ?? ANYTHING_ELSE;
  if (location !== undefined) {
    const path = typeof location === 'string' ? LOCATION.exec(location)?.groups?.['path'] : undefined;
    if (path === undefined) {
      throw new ExternalAgentError(
        'MOONLIGHT_INVALID_ANSWER',
        'the host’s Moonlight Web leads to a place of no stream',
      );
    }
    passed['location'] = `${basePath}/moonlight${path}?${query}`;
  }
  if (link !== undefined) {
    const links = rewriteIceLinks(link, iceServers);
    if (links.length > 0) passed['link'] = links;
  }
  return passed;
}
