import { createServer, connect, type Server, type Socket } from 'node:net';

/** `open` passes everything on; `cut` ends every connection; `silent` accepts and passes nothing on. */
export type RelayMode = 'open' | 'cut' | 'silent';

/** A TCP relay in front of a server, which can be made to fail as networks do. */
export class TcpRelay {
  readonly port: number;
  readonly #server: Server;
  readonly #pairs: Map<Socket, Socket>;
  readonly #frozen: WeakSet<Socket>;
  readonly #mode: { current: RelayMode };

  private constructor(
    server: Server,
    port: number,
    pairs: Map<Socket, Socket>,
    frozen: WeakSet<Socket>,
    mode: { current: RelayMode },
  ) {
    this.#server = server;
    this.port = port;
    this.#pairs = pairs;
    this.#frozen = frozen;
    this.#mode = mode;
  }

  static async start(target: { readonly host: string; readonly port: number }): Promise<TcpRelay> {
    const pairs = new Map<Socket, Socket>();
    const frozen = new WeakSet<Socket>();
    const mode = { current: 'open' as RelayMode };
    const server = createServer((near) => {
      if (mode.current === 'cut') {
        near.destroy();
        return;
      }
      const far = connect(target);
      pairs.set(near, far);
      const end = (): void => {
        pairs.delete(near);
        near.destroy();
        far.destroy();
      };
      for (const [from, to] of [
        [near, far],
        [far, near],
      ] as const) {
        from.on('data', (bytes) => {
          if (mode.current === 'open' && !frozen.has(near)) to.write(bytes);
        });
        from.on('error', end);
        // Of a frozen pair neither end hears that the other is gone.
        from.on('close', () => {
          if (from === near || !frozen.has(near)) end();
        });
      }
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    if (typeof address !== 'object' || address === null) throw new Error('the relay has no port');
    return new TcpRelay(server, address.port, pairs, frozen, mode);
  }

  /** The URL of a database, by way of this relay. */
  static async before(databaseUrl: string): Promise<{ readonly relay: TcpRelay; readonly url: string }> {
    const url = new URL(databaseUrl);
    const relay = await TcpRelay.start({ host: url.hostname, port: Number(url.port) });
    url.hostname = '127.0.0.1';
    url.port = String(relay.port);
    return { relay, url: url.href };
  }

  /** From now on the connections that stand pass nothing, like those that a firewall has forgotten; new ones pass everything. */
  freeze(): void {
    for (const near of this.#pairs.keys()) this.#frozen.add(near);
  }

  get frozenCount(): number {
    return [...this.#pairs.keys()].filter((near) => this.#frozen.has(near)).length;
  }

  set mode(mode: RelayMode) {
    this.#mode.current = mode;
    // Bytes that a silent relay swallowed are missing for good.
    if (mode !== 'silent') this.#endAll();
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#endAll();
    await closed;
  }

  #endAll(): void {
    for (const near of this.#pairs.keys()) near.destroy();
  }
}
