/** A name and perhaps a port, and nothing that could end a directive. */
const HOST = /^(?:[a-z0-9.-]{1,253}|\[[0-9a-f:.]{2,45}\])(?::\d{1,5})?$/i;

/**
 * What the viewer page may load and ask: its own origin. Some browsers do not take 'self' for WebSockets, so those are named, by
 * the host that the request was made to and by the public one. The picture comes as a stream and is loaded from nowhere.
 */
export function contentSecurityPolicy(requestHost: string | undefined, serverUrl: string): string {
  const hosts = new Set([requestHost ?? '', new URL(serverUrl).host].filter((host) => HOST.test(host)));
  const sockets = [...hosts].flatMap((host) => [`ws://${host}`, `wss://${host}`]);
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    ["connect-src 'self'", ...sockets].join(' '),
    "img-src 'self' data:",
    'media-src blob: mediastream:',
    "form-action 'none'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; ');
}
