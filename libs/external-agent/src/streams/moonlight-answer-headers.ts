import type { RunnerHttpResponse } from '@helix/revdial';
import { ExternalAgentError } from '../external-agent-error.js';
import { rewriteIceLinks } from './ice/ice-links.js';
import type { IceServer } from './ice/ice-servers.js';

export type MoonlightAnswerHeaders = Readonly<Record<string, string | readonly string[]>>;

/** What a host may put under the API's origin: nothing that a browser would run. */
const HARMLESS_TYPES =
  /^(?:application\/(?:json|x-ndjson|octet-stream|sdp|trickle-ice-sdpfrag)|text\/plain|image\/(?:png|jpeg|webp))\s*(?:;|$)/i;

/** Passed on as they are; cookies, hop-by-hop headers and everything else are not. */
const PASSED = ['content-length', 'content-encoding', 'etag', 'accept-post', 'accept-patch'] as const;

const LOCATION = /^(?:https?:\/\/[^/?#]+)?(?:\/[^?#]*)?(?<path>\/api\/host\/stream\/webrtc\/[A-Za-z0-9_-]{1,128})$/;

/**
 * The headers of a host's answer as its caller gets them. `Location`, which is the host's own path, comes to lead back through
 * here, with `query` to find the host again; `Link` names ICE servers and is rewritten like `WebRtcConfig`.
 * @throws ExternalAgentError MOONLIGHT_INVALID_ANSWER when it leads elsewhere; the body is the caller's to destroy
 */
export function moonlightAnswerHeaders(
  { headers }: Pick<RunnerHttpResponse, 'headers'>,
  query: string,
  iceServers: readonly IceServer[] | undefined,
): MoonlightAnswerHeaders {
  const passed: Record<string, string | readonly string[]> = {};
  for (const name of PASSED) {
    const value = headers[name];
    if (typeof value === 'string') passed[name] = value;
  }
  const type = headers['content-type'];
  if (type !== undefined) {
    passed['content-type'] = typeof type === 'string' && HARMLESS_TYPES.test(type) ? type : 'application/octet-stream';
  }
  const { location, link } = headers;
  if (location !== undefined) {
    const path = typeof location === 'string' ? LOCATION.exec(location)?.groups?.['path'] : undefined;
    if (path === undefined) {
      throw new ExternalAgentError(
        'MOONLIGHT_INVALID_ANSWER',
        'the host’s Moonlight Web leads to a place of no stream',
      );
    }
    passed['location'] = `/moonlight${path}?${query}`;
  }
  if (link !== undefined) {
    const links = rewriteIceLinks(link, iceServers);
    if (links.length > 0) passed['link'] = links;
  }
  return passed;
}
