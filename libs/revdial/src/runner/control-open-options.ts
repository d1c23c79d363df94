import type { ReceivedControlMessage } from '../wire/control-line-codec.js';
import type { RunnerTimings } from './limits.js';
import type { SocketConnector } from './socket-connector.js';

/** What opening a control connection takes, over either transport. */
export interface ControlOpenOptions {
  readonly connector: SocketConnector;
  readonly runnerId: string;
  readonly token: string;
  readonly timings: RunnerTimings;
  /** Called for every line, from the first one on, which may be before the opening has resolved. */
  readonly onMessage: (message: ReceivedControlMessage) => void;
}
