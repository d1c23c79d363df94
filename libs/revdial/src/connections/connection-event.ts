import type { RunnerId } from '../runner-id.js';
import type { LinkEnd, RunnerLink } from '../runner-link.js';

export type ConnectionEvent =
  | { readonly type: 'connected'; readonly runnerId: RunnerId; readonly link: RunnerLink; readonly generation: number }
  /** The link has no connection and waits to be resumed; dials wait. */
  | { readonly type: 'away'; readonly runnerId: RunnerId; readonly generation: number }
  /** It has one again. */
  | { readonly type: 'resumed'; readonly runnerId: RunnerId; readonly generation: number }
  /** The link is gone; dials wait. */
  | { readonly type: 'lost'; readonly runnerId: RunnerId; readonly end: LinkEnd }
  /** Grace is over, or the runner was removed; dials fail at once. */
  | { readonly type: 'gone'; readonly runnerId: RunnerId };
