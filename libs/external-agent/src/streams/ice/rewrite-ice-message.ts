import type { DialectPolicy } from '../dialect/dialect-policy.js';
import { parseTaggedMessage } from '../dialect/tagged-message.js';
import type { IceServer } from './ice-servers.js';
import { rewriteWebRtcConfig } from './web-rtc-config.js';

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
