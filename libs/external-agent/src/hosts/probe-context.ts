import type { PlacementService, ProbeFacts } from '@helix/scheduler';
import type { WolfClientFactory, WolfSnapshot } from '@helix/wolf-client';
import type { ChokedWolfs } from './choked-wolfs.js';
import type { ProbeTimes } from './probe-times.js';
import type { ProbeTurns } from './probe-turns.js';
import { LIMITS } from '../limits.js';

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

/** Reports a value when it is another than the last one, or when that was reported long ago. */
export class ChangeReporter {
  #text: string | undefined;
  #atMs = -Infinity;

  /** Rejects with what `send` rejects with; then nothing was reported. */
  async report(value: unknown, send: () => Promise<unknown>): Promise<void> {
    const text = JSON.stringify(value);
    if (text === this.#text && performance.now() - this.#atMs < LIMITS.probeTellAgainMs) return;
    await send();
    this.#text = text;
    this.#atMs = performance.now();
  }

  /** The next is reported in any case. */
  forget(): void {
    this.#text = undefined;
  }
}
