import type { ControlChannelOptions } from '../links/control-channel.js';
import type { DialBackLinkOptions } from '../links/dial-back-link.js';
import type { HijackTransportOptions } from '../links/hijack-transport.js';
import type { MultiplexedConnectionOptions } from '../links/multiplexed-connection.js';
import type { PrincipalLimits } from '../links/principal-share.js';
import type { WebSocketTransportOptions } from '../links/websocket-transport.js';
import type { RevDialCounters } from '../revdial-counters.js';
import type { RevDialLogger } from '../revdial-logger.js';
import type { AdmissionOptions } from './admission.js';
import type { MachineClaimsOptions } from './machine-claims.js';

/** Every number has its default in `limits.ts`. */
export interface RevDialGatewayOptions
  extends
    AdmissionOptions,
    ControlChannelOptions,
    DialBackLinkOptions,
    HijackTransportOptions,
    MachineClaimsOptions,
    MultiplexedConnectionOptions,
    PrincipalLimits,
    WebSocketTransportOptions {
  readonly logger?: RevDialLogger;
  /** Shared with the connection manager and the HTTP pool, so that one object tells all. */
  readonly counters?: RevDialCounters;
}
