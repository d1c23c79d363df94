import type { IceServer } from './ice-servers.js';

const ICE_SERVER = /;\s*rel\s*=\s*"?ice-server"?/i;
const PASSWORD = /;\s*(?:username|credential)\s*=/i;
const STUN = /^<(?<url>stuns?:[A-Za-z0-9._:[\]-]{1,255}(?:\?transport=(?:udp|tcp))?)>/i;

/**
 * `Link` headers with ICE servers, as v3 gives them (moonlight-web §6), under the same rule as `WebRtcConfig`: the operator's
 * in place of the host's, or the host's without those that carry a password. Links of other kinds are dropped, and of the others
 * the address alone is the host's.
 */
export function rewriteIceLinks(
  links: string | readonly string[] | undefined,
  servers: readonly IceServer[] | undefined,
): readonly string[] {
  if (servers !== undefined) return servers.flatMap(linksOf);
  const all = (typeof links === 'string' ? [links] : (links ?? [])).flatMap((line) => line.split(/,\s*(?=<)/));
  return all.flatMap((link) => {
    const url = STUN.exec(link)?.groups?.['url'];
    return url === undefined || !ICE_SERVER.test(link) || PASSWORD.test(link) ? [] : [`<${url}>; rel="ice-server"`];
  });
}

function linksOf({ urls, username, credential }: IceServer): readonly string[] {
  const password =
    credential === '' ? '' : `; username="${username}"; credential="${credential}"; credential-type="password"`;
  return urls.map((url) => `<${url}>; rel="ice-server"${password}`);
}
