import type { IncomingMessage, Server } from 'node:http';

/**
 * Answers also below the path of `SERVER_URL`: some proxies strip it and some do not, and hosts may come past the proxy. To be
 * called when everything else listens to the server, since it has to be asked first: routes, sockets and tunnels know no path but
 * their own.
 */
export function serveBelow(server: Server, basePath: string): void {
  if (basePath === '') return;
  const strip = (request: IncomingMessage): void => {
    const { url = '' } = request;
    const rest = url.slice(basePath.length);
    if (!url.startsWith(basePath) || !/^(?:[/?]|$)/.test(rest)) return;
    request.url = rest.startsWith('/') ? rest : `/${rest}`;
  };
  server.prependListener('request', strip);
  server.prependListener('upgrade', strip);
}
