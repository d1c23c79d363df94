import { connect as connectTcp, isIP } from 'node:net';
import type { Socket } from 'node:net';
import { connect as connectTls, createSecureContext, rootCertificates } from 'node:tls';
import type { SecureContext } from 'node:tls';
import { withDeadline } from '@helix/pacing';
import { ConnectError } from './connect-error.js';
import type { ProxyAddress } from './proxy-settings.js';
import { readResponseHead } from './response-head.js';
import type { ServerAddress } from './server-address.js';
import { whenSocketReady } from './when-socket-ready.js';

export interface SocketConnectorOptions {
  readonly server: ServerAddress;
  /** Asked before each connection. */
  readonly proxy?: (() => ProxyAddress | undefined) | undefined;
  /**
   * PEM texts, trusted as well as the well-known authorities. Asked before each connection; while that fails, the latest that were
   * good count.
   */
  readonly certificateAuthorities?: () => Promise<readonly string[]>;
  /** The name to ask for and to check the certificate against, when it is not the URL's. */
  readonly serverName?: string | undefined;
}

/** Seconds of idleness after which the kernel probes a connection, so that a vanished peer ends it at last. */
const TCP_KEEP_ALIVE_MS = 30_000;

/**
 * Opens sockets to the API's origin: TCP or TLS, directly or through an HTTP proxy. One for a process: it parses
 * authorities when they change and resumes TLS sessions, which spares later data connections a round of certificates.
 */
export class SocketConnector {
  readonly server: ServerAddress;
  readonly #proxy: () => ProxyAddress | undefined;
  readonly #readAuthorities: (() => Promise<readonly string[]>) | undefined;
  readonly #serverName: string;
  #trust: { readonly authorities: string; readonly context: SecureContext | undefined } | undefined;
  #tlsSession: Buffer | undefined;

  constructor(options: SocketConnectorOptions) {
    this.server = options.server;
    this.#proxy = options.proxy ?? ((): undefined => undefined);
    this.#readAuthorities = options.certificateAuthorities;
    // An address is not a valid name to ask for (RFC 6066 §3); the certificate is still checked against it.
    this.#serverName = options.serverName ?? (isIP(options.server.host) === 0 ? options.server.host : '');
  }

  /** Where the first connection goes. */
  get nextHop(): { readonly host: string; readonly port: number; readonly isProxy: boolean } {
    const proxy = this.#proxy();
    const { host, port } = proxy ?? this.server;
    return { host, port, isProxy: proxy !== undefined };
  }

  /**
   * Resolves with a connected socket that has no delay, is probed by the kernel, and whose errors do not throw.
   * @throws ConnectError UNREACHABLE, TLS_FAILED, PROXY_REFUSED; the signal's reason
   */
  connect(signal: AbortSignal, timeoutMs: number): Promise<Socket> {
    const timeoutError = (): Error =>
      new ConnectError('UNREACHABLE', `no connection to ${this.server.authority} within ${String(timeoutMs)} ms`);
    return withDeadline(timeoutMs, signal, timeoutError, async (bounded) => {
      const proxy = this.#proxy();
      const context = this.server.tls || proxy?.tls === true ? await this.#secureContext() : undefined;
      const socket =
        proxy === undefined
          ? await this.#connectTcp(this.server.host, this.server.port, bounded)
          : await this.#connectThroughProxy(proxy, context, bounded);
      return this.server.tls ? this.#secure(socket, context, bounded) : socket;
    });
  }

  async #secureContext(): Promise<SecureContext | undefined> {
    if (this.#readAuthorities === undefined) return undefined;
    try {
      const texts = await this.#readAuthorities();
      const authorities = texts.join('\n');
      if (this.#trust?.authorities === authorities) return this.#trust.context;
      const context = texts.length === 0 ? undefined : createSecureContext({ ca: [...rootCertificates, ...texts] });
      this.#trust = { authorities, context };
      // It was granted on the word of those that were trusted before.
      this.#tlsSession = undefined;
      return context;
    } catch (cause) {
      if (this.#trust !== undefined) return this.#trust.context;
      const problem = cause instanceof Error ? cause.message : 'unknown';
      throw new ConnectError('TLS_FAILED', `the authorities to trust cannot be read (${problem})`, { cause });
    }
  }

  async #connectTcp(host: string, port: number, signal: AbortSignal): Promise<Socket> {
    const socket = connectTcp({ host, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: TCP_KEEP_ALIVE_MS });
    try {
      await whenSocketReady(socket, 'connect', signal);
    } catch (cause) {
      signal.throwIfAborted();
      throw new ConnectError('UNREACHABLE', `no connection to ${host}:${String(port)} (${describe(cause)})`, { cause });
    }
    return socket;
  }

  async #connectThroughProxy(
    proxy: ProxyAddress,
    context: SecureContext | undefined,
    signal: AbortSignal,
  ): Promise<Socket> {
    const where = `proxy ${proxy.host}:${String(proxy.port)}`;
    const tcp = await this.#connectTcp(proxy.host, proxy.port, signal);
    const socket = proxy.tls ? await this.#secureProxy(tcp, proxy, context, signal) : tcp;
    const { host, port } = this.server;
    const target = `${isIP(host) === 6 ? `[${host}]` : host}:${String(port)}`;
    const authorization = proxy.authorization === undefined ? '' : `Proxy-Authorization: ${proxy.authorization}\r\n`;
    socket.write(`CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n${authorization}\r\n`);
    let status: number;
    try {
      ({ status } = await readResponseHead(socket, signal));
    } catch (cause) {
      signal.throwIfAborted();
      throw new ConnectError('PROXY_REFUSED', `${where}: ${describe(cause)}`, { cause });
    }
    // The API speaks second, so bytes right behind the head come from a proxy that does not tunnel.
    if (status < 200 || status > 299 || socket.readableLength > 0) {
      socket.destroy();
      throw new ConnectError('PROXY_REFUSED', `${where} answered ${String(status)}`, { status });
    }
    // Reading the head has left it paused, and HTTP clients do not resume what they are given.
    socket.resume();
    return socket;
  }

  async #secureProxy(
    tcp: Socket,
    proxy: ProxyAddress,
    context: SecureContext | undefined,
    signal: AbortSignal,
  ): Promise<Socket> {
    const secure = connectTls({
      socket: tcp,
      ...(isIP(proxy.host) === 0 ? { servername: proxy.host } : { host: proxy.host }),
      ...(context === undefined ? {} : { secureContext: context }),
      ALPNProtocols: ['http/1.1'],
    });
    try {
      await whenSocketReady(secure, 'secureConnect', signal);
    } catch (cause) {
      tcp.destroy();
      signal.throwIfAborted();
      throw new ConnectError('TLS_FAILED', `TLS with proxy ${proxy.host} failed (${describe(cause)})`, { cause });
    }
    return secure;
  }

  async #secure(tcp: Socket, context: SecureContext | undefined, signal: AbortSignal): Promise<Socket> {
    const secure = connectTls({
      socket: tcp,
      host: this.server.host,
      servername: this.#serverName,
      // Load balancers choose among what is offered; links speak HTTP/1.1 only.
      ALPNProtocols: ['http/1.1'],
      ...(context === undefined ? {} : { secureContext: context }),
      ...(this.#tlsSession === undefined ? {} : { session: this.#tlsSession }),
    });
    secure.on('session', (session) => {
      this.#tlsSession = session;
    });
    try {
      await whenSocketReady(secure, 'secureConnect', signal);
    } catch (cause) {
      this.#tlsSession = undefined;
      tcp.destroy();
      signal.throwIfAborted();
      throw new ConnectError('TLS_FAILED', `TLS with ${this.server.authority} failed (${describe(cause)})`, { cause });
    }
    return secure;
  }
}

function describe(cause: unknown): string {
  if (!(cause instanceof Error)) return 'unknown error';
  const code = 'code' in cause && typeof cause.code === 'string' ? cause.code : undefined;
  // An AggregateError of several addresses has no message of its own.
  return code ?? cause.message;
}
