import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { withDeadline } from '@helix/pacing';
import { whenSocketReady } from '../connect/when-socket-ready.js';

/** The service behind the tunnel. */
export type LocalAddress =
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'unix'; readonly path: string };

const HOST_AND_PORT = /^(?:\[([0-9A-Fa-f:.]+)\]|([^:[\]/\s]*)):(\d{1,5})$/;

/** Parses `host:port`, `[address]:port`, `:port` (this machine) or `unix:///path`; `undefined` for anything else. */
export function parseLocalAddress(text: string): LocalAddress | undefined {
  if (text.startsWith('unix:///')) {
    const path = text.slice('unix://'.length);
    return path === '/' || path.includes('\0') ? undefined : { kind: 'unix', path };
  }
  const match = HOST_AND_PORT.exec(text);
  if (match === null) return undefined;
  const port = Number(match[3]);
  if (port < 1 || port > 65_535) return undefined;
  const host = match[1] ?? match[2] ?? '';
  return { kind: 'tcp', host: host === '' ? 'localhost' : host, port };
}

export function describeLocalAddress(address: LocalAddress): string {
  if (address.kind === 'unix') return `unix://${address.path}`;
  return address.host.includes(':')
    ? `[${address.host}]:${String(address.port)}`
    : `${address.host}:${String(address.port)}`;
}

export interface DialLocalOptions {
  /** Each direction ends on its own; the caller ends the one towards the service. */
  readonly allowHalfOpen?: boolean;
}

/**
 * Opens a connection to the local service.
 * @throws the socket's own error (ECONNREFUSED, ENOENT, …), an Error after `timeoutMs`, or the signal's reason
 */
export function dialLocal(
  address: LocalAddress,
  timeoutMs: number,
  signal: AbortSignal,
  { allowHalfOpen = false }: DialLocalOptions = {},
): Promise<Socket> {
  const timeoutError = (): Error =>
    Object.assign(new Error(`no answer within ${String(timeoutMs)} ms`), { code: 'ETIMEDOUT' });
  return withDeadline(timeoutMs, signal, timeoutError, async (bounded) => {
    const socket =
      address.kind === 'unix'
        ? connect({ path: address.path, allowHalfOpen })
        : connect({ host: address.host, port: address.port, noDelay: true, allowHalfOpen });
    await whenSocketReady(socket, 'connect', bounded);
    return socket;
  });
}
