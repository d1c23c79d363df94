import type { BoundedLog } from './bounded-log.js';
import type { MoonlightDialect } from './moonlight-dialect.js';
import type { MoonlightFaults } from './moonlight-faults.js';
import type { InitRecord, InputRecord, Violation } from './moonlight-status.js';
import type { MoonlightWolf } from './moonlight-wolf.js';
import type { IceServer } from './server-message.js';
import type { SessionRegistry } from './session-registry.js';
import type { PeerMaker } from './stream-peer.js';
import type { ClientIdentities } from './client-identities.js';

/** What the requests and streams of one Moonlight Web work on. */
export interface MoonlightCore {
  readonly dialect: MoonlightDialect;
  /** Null: nobody is asked for any, which only K can do. */
  readonly credentials: string | null;
  readonly host: MoonlightHost;
  readonly faults: MoonlightFaults;
  readonly wolf: MoonlightWolf;
  readonly iceServers: readonly IceServer[];
  readonly makePeer: PeerMaker;
  readonly registry: SessionRegistry;
  readonly identities: ClientIdentities;
  readonly violations: BoundedLog<Violation>;
  readonly inits: BoundedLog<InitRecord>;
  readonly inputs: BoundedLog<InputRecord>;
}

/** The one host that `data.json` seeds (moonlight-web §1, notes). */
export interface MoonlightHost {
  readonly id: number;
  isPaired: boolean;
  isRemoved: boolean;
}
