import type { PlacementService, ProbeFacts } from '@helix/scheduler';
import type { WolfClientFactory, WolfSnapshot } from '@helix/wolf-client';
import type { ChokedWolfs } from './choked-wolfs.js';
import type { ProbeTimes } from './probe-times.js';
import type { ProbeTurns } from './probe-turns.js';

/** What the probes of all hosts of a replica share. */
export interface ProbeContext {
  readonly wolfs: Pick<WolfClientFactory, 'for'>;
  readonly facts: Pick<ProbeFacts, 'noteCanary' | 'noteHealth' | 'noteGpu'>;
  readonly placements: Pick<PlacementService, 'noteMeasurement'>;
  readonly turns: ProbeTurns;
  readonly times: ProbeTimes;
  readonly choked: ChokedWolfs;
  /** The database's time: what is measured is compared with when desktops were started. */
  readonly now: () => Date;
  /** Does the host have a connection now? */
  readonly isReachable: (wolfInstanceId: string) => boolean;
  /** What the host's lists showed last. */
  readonly snapshotOf: (wolfInstanceId: string) => WolfSnapshot | undefined;
}
