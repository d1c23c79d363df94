import { connect as connectTcp, isIP } from 'node:net';
import type { Socket } from 'node:net';
import { connect as connectTls, createSecureContext, rootCertificates } from 'node:tls';
import type { SecureContext } from 'node:tls';
import { ConnectError } from './connect-error.js';
import type { ProxyAddress } from './proxy-settings.js';
import { readResponseHead } from './response-head.js';
import type { ServerAddress } from './server-address.js';
import { whenSocketReady } from './when-socket-ready.js';
import { withDeadline } from './with-deadline.js';

export interface SocketConnectorOptions {
  readonly server: ServerAddress;
  readonly proxy?: ProxyAddress | undefined;
  /** PEM texts, trusted as well as the well-known authorities. */
  readonly certificateAuthorities?: readonly string[];
  /** The name to ask for and to check the certificate against, when it is not the URL's. */
  readonly serverName?: string | undefined;
}

/** Seconds of idleness after which the kernel probes a connection, so that a vanished peer ends it at last. */
const TCP_KEEP_ALIVE_MS = 30_000;

/**
 * Opens sockets to the API's origin: TCP or TLS, directly or through an HTTP proxy. One for a process: it parses the
 * authorities once and resumes TLS sessions, which spares later data connections a round of certificates.
 */
export class SocketConnector {
  readonly server: ServerAddress;
  readonly #proxy: ProxyAddress | undefined;
  readonly #secureContext: SecureContext | undefined;
  readonly #serverName: string;
  #tlsSession: Buffer | undefined;

  /** @throws Error when a certificate authority is not a PEM certificate */
  constructor(options: SocketConnectorOptions) {
    this.server = options.server;
    this.#proxy = options.proxy;
    const authorities = options.certificateAuthorities ?? [];
    this.#secureContext =
      authorities.length === 0 ? undefined : createSecureContext({ ca: [...rootCertificates, ...authorities] });
    // An address is not a valid name to ask for (RFC 6066 §3); the certificate is still checked against it.
    this.#serverName = options.serverName ?? (isIP(options.server.host) === 0 ? options.server.host : '');
  }

  /** Where the first connection goes. */
  get nextHop(): { readonly host: string; readonly port: number; readonly isProxy: boolean } {
    const { host, port } = this.#proxy ?? this.server;
    return { host, port, isProxy: this.#proxy !== undefined };
  }

  /**
   * Resolves with a connected socket that has no delay, is probed by the kernel, and whose errors do not throw.
   * @throws ConnectError UNREACHABLE, TLS_FAILED, PROXY_REFUSED; the signal's reason
   */
  connect(signal: AbortSignal, timeoutMs: number): Promise<Socket> {
    const timeoutError = (): Error =>
      new ConnectError('UNREACHABLE', `no connection to ${this.server.authority} within ${String(timeoutMs)} ms`);
    return withDeadline(timeoutMs, signal, timeoutError, async (bounded) => {
      const socket =
        this.#proxy === undefined
          ? await this.#connectTcp(this.server.host, this.server.port, bounded)
          : await this.#connectThroughProxy(this.#proxy, bounded);
      return this.server.tls ? this.#secure(socket, bounded) : socket;
    });
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

  async #connectThroughProxy(proxy: ProxyAddress, signal: AbortSignal): Promise<Socket> {
    const where = `proxy ${proxy.host}:${String(proxy.port)}`;
    const tcp = await this.#connectTcp(proxy.host, proxy.port, signal);
    const socket = proxy.tls ? await this.#secureProxy(tcp, proxy, signal) : tcp;
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

  async #secureProxy(tcp: Socket, proxy: ProxyAddress, signal: AbortSignal): Promise<Socket> {
    const secure = connectTls({
      socket: tcp,
      ...(isIP(proxy.host) === 0 ? { servername: proxy.host } : { host: proxy.host }),
      ...(this.#secureContext === undefined ? {} : { secureContext: this.#secureContext }),
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

  async #secure(tcp: Socket, signal: AbortSignal): Promise<Socket> {
    const secure = connectTls({
      socket: tcp,
      host: this.server.host,
      servername: this.#serverName,
      // Load balancers choose among what is offered; links speak HTTP/1.1 only.
      ALPNProtocols: ['http/1.1'],
      ...(this.#secureContext === undefined ? {} : { secureContext: this.#secureContext }),
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
