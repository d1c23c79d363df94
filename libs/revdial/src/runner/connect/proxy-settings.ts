import { BlockList, isIP } from 'node:net';
import type { ServerAddress } from './server-address.js';

/** An HTTP proxy that is asked to CONNECT. `authorization` is a secret. */
export interface ProxyAddress {
  readonly tls: boolean;
  readonly host: string;
  readonly port: number;
  readonly authorization: string | undefined;
}

export type ProxyChoice =
  | { readonly kind: 'direct' }
  | { readonly kind: 'proxy'; readonly proxy: ProxyAddress; readonly variable: string }
  | { readonly kind: 'fault'; readonly variable: string; readonly problem: string };

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Chooses the proxy for a server as other command line clients do: HTTPS_PROXY for https, HTTP_PROXY for http, else
 * ALL_PROXY; lower-case spellings win; NO_PROXY holds exceptions; this machine is never asked for through a proxy.
 */
export function chooseProxy(server: ServerAddress, environment: Environment): ProxyChoice {
  const variable = [server.tls ? 'HTTPS_PROXY' : 'HTTP_PROXY', 'ALL_PROXY']
    .flatMap((name) => [name.toLowerCase(), name])
    .find((name) => (environment[name] ?? '') !== '');
  const value = variable === undefined ? undefined : environment[variable];
  if (variable === undefined || value === undefined || isLoopback(server.host)) return { kind: 'direct' };
  const exceptions = environment['no_proxy'] ?? environment['NO_PROXY'] ?? '';
  if (isException(server, exceptions)) return { kind: 'direct' };
  const proxy = parseProxy(value);
  if (proxy === undefined) return { kind: 'fault', variable, problem: 'is not the URL of an http or https proxy' };
  return { kind: 'proxy', proxy, variable };
}

function parseProxy(text: string): ProxyAddress | undefined {
  const withScheme = text.includes('://') ? text : `http://${text}`;
  if (!URL.canParse(withScheme)) return undefined;
  const url = new URL(withScheme);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return undefined;
  const tls = url.protocol === 'https:';
  const hasCredentials = url.username !== '' || url.password !== '';
  const credentials = decode(url.username) + ':' + decode(url.password);
  return {
    tls,
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? (tls ? 443 : 80) : Number(url.port),
    authorization: hasCredentials ? `Basic ${Buffer.from(credentials).toString('base64')}` : undefined,
  };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

/** Entries are `*`, a domain (its sub-domains too), `host:port`, an address, or a CIDR range. */
function isException(server: ServerAddress, exceptions: string): boolean {
  return exceptions.split(/[\s,]+/).some((entry) => entry !== '' && matchesException(server, entry.toLowerCase()));
}

function matchesException(server: ServerAddress, entry: string): boolean {
  if (entry === '*') return true;
  const family = isIP(server.host);
  if (entry.includes('/')) return family !== 0 && isInRange(server.host, family, entry);
  const withPort = /^(\[.*\]|[^:]*):(\d+)$/.exec(entry);
  if (withPort !== null && Number(withPort[2]) !== server.port) return false;
  const host = (withPort?.[1] ?? entry).replace(/^\[|\]$/g, '').replace(/^\*?\./, '');
  const wanted = server.host.toLowerCase();
  return wanted === host || (family === 0 && wanted.endsWith(`.${host}`));
}

function isInRange(host: string, family: number, range: string): boolean {
  const [network = '', bits = ''] = range.split('/');
  if (isIP(network) !== family || !/^\d{1,3}$/.test(bits)) return false;
  const prefix = Number(bits);
  if (prefix > (family === 4 ? 32 : 128)) return false;
  const type = family === 4 ? 'ipv4' : 'ipv6';
  const list = new BlockList();
  list.addSubnet(network, prefix, type);
  return list.check(host, type);
}
