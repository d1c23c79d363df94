import { createHmac } from 'node:crypto';

/** One entry of a peer connection's `iceServers`; user and credential are empty where none is needed. */
export interface IceServer {
  readonly urls: readonly string[];
  readonly username: string;
  readonly credential: string;
}

export interface IceServersConfig {
  readonly stunUrls: readonly string[];
  readonly turnUrls: readonly string[];
  /** coturn's `static-auth-secret`; never leaves this process. */
  readonly turnSecret: string | undefined;
  readonly turnTtlS: number;
}

/**
 * The operator's STUN and TURN servers for viewers. The password of a TURN server is made for one viewer and ends by itself
 * (coturn's REST scheme, `use-auth-secret`): what a viewer is given they may pass on.
 */
export class IceServers {
  readonly #config: IceServersConfig;

  constructor(config: IceServersConfig) {
    this.#config = config;
  }

  /**
   * Those that a viewer is to use from now on; `undefined` when the operator names none. The viewer's id stands in the log of
   * the TURN server, so it should be one that says who.
   */
  for(viewerId: string, now: Date): readonly IceServer[] | undefined {
    const { stunUrls, turnUrls, turnSecret, turnTtlS } = this.#config;
    const servers: IceServer[] = [];
    if (stunUrls.length > 0) servers.push({ urls: stunUrls, username: '', credential: '' });
    if (turnUrls.length > 0 && turnSecret !== undefined) {
      const username = `${String(Math.floor(now.getTime() / 1000) + turnTtlS)}:${viewerId}`;
      // SHA-1 is what coturn checks; as a key of an HMAC it is not broken.
      const credential = createHmac('sha1', turnSecret).update(username).digest('base64');
      servers.push({ urls: turnUrls, username, credential });
    }
    return servers.length === 0 ? undefined : servers;
  }
}
