import { RELAYS_COUNT } from '../limits.js';
import { LinkRelay, type RelayState } from './link-relay.js';

/** Where an agent is to connect to, and the name that the certificate there carries when that is another. */
export interface AgentRoute {
  readonly server: string;
  readonly serverName?: string;
}

/** The relays of a host: one for each address by which its agents know the API. */
export class LinkRelays {
  readonly #relays = new Map<string, Promise<{ readonly relay: LinkRelay; readonly port: number }>>();

  /** The way through a relay to `apiUrl`. Throws when it is no URL and when there are too many different ones. */
  async routeTo(apiUrl: string): Promise<AgentRoute> {
    const url = new URL(apiUrl);
    const secure = url.protocol === 'https:' || url.protocol === 'wss:';
    const host = url.hostname.replace(/^\[|\]$/g, '');
    const targetPort = url.port === '' ? (secure ? 443 : 80) : Number(url.port);
    const { port } = await this.#relayTo(host, targetPort);
    url.hostname = '127.0.0.1';
    url.port = String(port);
    const server = url.href.replace(/\/$/, '');
    return secure ? { server, serverName: host } : { server };
  }

  get connectionCount(): Promise<number> {
    return this.#standing().then((relays) => relays.reduce((sum, relay) => sum + relay.connectionCount, 0));
  }

  /** Cuts every connection of every agent; returns how many there were. */
  async cut(): Promise<number> {
    return (await this.#standing()).reduce((sum, relay) => sum + relay.cut(), 0);
  }

  async setState(state: RelayState): Promise<void> {
    for (const relay of await this.#standing()) relay.setState(state);
  }

  async setDelay(delayMs: number): Promise<void> {
    for (const relay of await this.#standing()) relay.setDelay(delayMs);
  }

  async close(): Promise<void> {
    await Promise.all((await this.#standing()).map((relay) => relay.close()));
    this.#relays.clear();
  }

  async #standing(): Promise<readonly LinkRelay[]> {
    return (await Promise.all(this.#relays.values())).map(({ relay }) => relay);
  }

  #relayTo(host: string, port: number): Promise<{ readonly relay: LinkRelay; readonly port: number }> {
    const key = `${host} ${String(port)}`;
    const known = this.#relays.get(key);
    if (known !== undefined) return known;
    if (this.#relays.size >= RELAYS_COUNT) throw new Error('agents of this host know the API by too many addresses');
    const relay = new LinkRelay(host, port);
    const started = relay.listen().then((relayPort) => ({ relay, port: relayPort }));
    this.#relays.set(key, started);
    return started;
  }
}
