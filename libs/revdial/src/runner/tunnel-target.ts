import type { LocalAddress } from './local-address.js';
import type { RunnerLogger } from './runner-logger.js';

/** A runner id, and the service behind it. */
export interface TunnelTarget {
  readonly runnerId: string;
  readonly local: LocalAddress;
  /** This runner's own; lines do not repeat its id. */
  readonly logger: RunnerLogger;
}
