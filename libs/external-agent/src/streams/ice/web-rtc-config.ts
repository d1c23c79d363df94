import { LIMITS } from '../../limits.js';
import type { IceServer } from './ice-servers.js';
import type { DialectPolicy } from '../dialect/dialect-policy.js';
import { parseTaggedMessage } from '../dialect/tagged-message.js';

/** The host's first message about ICE (moonlight-web §3.3), the only one that is rewritten on its way. */
export interface WebRtcConfigMessage {
  readonly WebRtcConfig: { readonly ice_servers: readonly IceServer[] };
}

/**
 * The `WebRtcConfig` that a viewer gets in place of the host's; `undefined` when `message` is not one. `servers`, the
 * operator's, replace the host's own. Without them the host's pass, but none with a password: that is one for all, for good,
 * and would be every viewer's. A TURN server without a password is left out as well, for a browser throws at one.
 */
export function rewriteWebRtcConfig(
  message: unknown,
  servers: readonly IceServer[] | undefined,
): WebRtcConfigMessage | undefined {
  const own = iceServersIn(message);
  if (own === undefined) return undefined;
  return { WebRtcConfig: { ice_servers: servers ?? own.flatMap(withoutPassword).slice(0, LIMITS.iceServersMaxCount) } };
}

function iceServersIn(message: unknown): readonly unknown[] | undefined {
  if (typeof message !== 'object' || message === null || !('WebRtcConfig' in message)) return undefined;
  const config = message.WebRtcConfig;
  if (typeof config !== 'object' || config === null || !('ice_servers' in config)) return undefined;
  return Array.isArray(config.ice_servers) ? config.ice_servers : undefined;
}

function withoutPassword(entry: unknown): readonly IceServer[] {
  if (typeof entry !== 'object' || entry === null || !('urls' in entry) || !Array.isArray(entry.urls)) return [];
  const username = 'username' in entry ? entry.username : '';
  const credential = 'credential' in entry ? entry.credential : '';
  if (!isNothing(username) || !isNothing(credential)) return [];
  const urls = entry.urls.filter(isStunUrl).slice(0, LIMITS.iceUrlsMaxCount);
  return urls.length === 0 ? [] : [{ urls, username: '', credential: '' }];
}

function isNothing(value: unknown): boolean {
  return value === '' || value === null || value === undefined;
}

function isStunUrl(url: unknown): url is string {
  return typeof url === 'string' && url.length <= LIMITS.iceUrlMaxLength && /^stuns?:[^\s]+$/i.test(url);
}

/**
 * The host's message with ICE servers as its viewer is to see it. The dialects differ in its name alone. One that cannot be read
 * becomes one without servers: what is in it might be a password.
 */
export function rewriteIceMessage(
  text: string,
  iceVariant: DialectPolicy['iceVariant'],
  servers: readonly IceServer[] | undefined,
): string {
  const content = parseTaggedMessage(text)?.content;
  const rewritten = rewriteWebRtcConfig({ WebRtcConfig: content }, servers)?.WebRtcConfig;
  return JSON.stringify({ [iceVariant]: rewritten ?? { ice_servers: servers ?? [] } });
}
