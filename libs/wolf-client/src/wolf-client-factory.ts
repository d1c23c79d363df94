import type { RunnerDialer } from '@helix/revdial';
import { localSocketDial, revDialDial } from './wolf-dial.js';
import { HttpWolfClient } from './http-wolf-client.js';
import { MAX_CACHED_CLIENT_COUNT } from './limits.js';
import type { WolfClient } from './wolf-client.js';

export interface WolfClientFactoryOptions {
  /** Reaches every Wolf that is not on this machine. */
  readonly dialer: RunnerDialer;
  /** Socket paths of the instances on this machine, by instance id. */
  readonly localSockets?: Readonly<Record<string, string>>;
}

/** Gives the client of a Wolf instance, and hides whether it is local or behind the tunnel. */
export class WolfClientFactory {
  readonly #dialer: RunnerDialer;
  readonly #localSockets: ReadonlyMap<string, string>;
  /** In order of use, the least recent first. */
  readonly #clients = new Map<string, WolfClient>();

  constructor({ dialer, localSockets = {} }: WolfClientFactoryOptions) {
    this.#dialer = dialer;
    this.#localSockets = new Map(Object.entries(localSockets));
  }

  /**
   * Opens nothing; whether the instance can be reached shows with the first call.
   * @throws WolfError WOLF_INVALID_REQUEST when the text cannot be the id of an instance
   */
  for(wolfInstanceId: string): WolfClient {
    const client = this.#clients.get(wolfInstanceId) ?? this.#make(wolfInstanceId);
    this.#clients.delete(wolfInstanceId);
    this.#clients.set(wolfInstanceId, client);
    for (const leastRecent of this.#clients.keys()) {
      if (this.#clients.size <= MAX_CACHED_CLIENT_COUNT) break;
      this.#clients.delete(leastRecent);
    }
    return client;
  }

  #make(wolfInstanceId: string): WolfClient {
    const socketPath = this.#localSockets.get(wolfInstanceId);
    return new HttpWolfClient(
      socketPath === undefined ? revDialDial(this.#dialer, wolfInstanceId) : localSocketDial(socketPath),
    );
  }
}
