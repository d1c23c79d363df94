import { jittered, PeriodicTask, TroubleLog, type Clock } from '@helix/pacing';
import { hasLink, parseRunnerId, type ConnectionEvent, type RunnerPresence } from '@helix/revdial';
import type { PlacementService, ProbeFacts } from '@helix/scheduler';
import type { WolfClientFactory } from '@helix/wolf-client';
import type { ExternalAgentLogger } from '../external-agent-logger.js';
import { LIMITS } from '../limits.js';
import { CanaryProbe } from './canary-probe.js';
import { ChokedWolfs } from './choked-wolfs.js';
import { GpuProbe } from './gpu-probe.js';
import { HostReconciler } from './host-reconciler.js';
import type { HostWatch } from './host-watch.js';
import type { ProbeContext } from './probe-context.js';
import { PROBE_TIMES, type ProbeTimes } from './probe-times.js';
import { ProbeTurns } from './probe-turns.js';

export interface HostProberParts {
  readonly presence: Pick<RunnerPresence, 'subscribe' | 'list'>;
  readonly wolfs: Pick<WolfClientFactory, 'for'>;
  /** Started before and closed after this. */
  readonly hosts: HostWatch;
  readonly facts: Pick<ProbeFacts, 'noteCanary' | 'noteHealth' | 'noteGpu'>;
  readonly placements: Pick<PlacementService, 'noteMeasurement' | 'listByInstance' | 'reconcile'>;
  readonly localInstanceIds: readonly string[];
  readonly logger: ExternalAgentLogger;
  /** The database's time. */
  readonly now: () => Date;
  readonly times?: Partial<ProbeTimes> | undefined;
  readonly clock?: Clock | undefined;
}

/**
 * Finds out how each host is whose link is on this replica, since a link may stand on a path that is dead: by a small request
 * over and over (the canary, which is also Wolf's own report of its health), by what its GPU carries, and by comparing what it
 * runs with what is counted. With its link goes what was found out: a new link is a new path.
 */
export class HostProber {
  readonly #parts: HostProberParts;
  readonly #context: ProbeContext;
  readonly #reconciler: HostReconciler;
  readonly #tasks = new Map<string, readonly PeriodicTask[]>();
  readonly #troubles: TroubleLog;
  readonly #endings = new Set<Promise<unknown>>();
  #unsubscribes: readonly (() => void)[] = [];

  constructor(parts: HostProberParts) {
    this.#parts = parts;
    this.#troubles = new TroubleLog(parts.logger);
    const { wolfs, facts, placements, hosts, logger } = parts;
    const times = { ...PROBE_TIMES, ...parts.times };
    this.#context = {
      wolfs,
      facts,
      placements,
      times,
      turns: new ProbeTurns(LIMITS.probesMaxInFlight, LIMITS.probesMaxInFlightFailing),
      choked: new ChokedWolfs(),
      now: parts.now,
      isReachable: (id) => hosts.isReachable(id),
      snapshotOf: (id) => hosts.snapshotOf(id),
    };
    this.#reconciler = new HostReconciler({
      hosts,
      placements,
      logger,
      intervalMs: times.reconcileIntervalMs,
      readingsApartMs: times.readingsApartMs,
      clock: parts.clock,
    });
  }

  start(): void {
    const { presence, hosts, localInstanceIds } = this.#parts;
    this.#unsubscribes = [
      presence.subscribe((event) => {
        this.#note(event);
      }),
      hosts.subscribe((id, snapshot) => {
        this.#reconciler.look(id, snapshot);
      }),
    ];
    for (const id of localInstanceIds) this.#begin(id);
    for (const runner of presence.list()) {
      if (runner.kind === 'wolf' && hasLink(runner)) this.#begin(runner.subject);
    }
  }

  /** Cuts what is under way; resolves when it is over. Idempotent, never rejects. */
  async close(): Promise<void> {
    for (const unsubscribe of this.#unsubscribes) unsubscribe();
    for (const id of [...this.#tasks.keys()]) this.#end(id);
    await Promise.all([this.#reconciler.close(), ...this.#endings]);
  }

  #note(event: ConnectionEvent): void {
    const runner = parseRunnerId(event.runnerId);
    if (runner?.kind !== 'wolf' || this.#parts.localInstanceIds.includes(runner.subject)) return;
    // While it waits to be resumed it is still the same link, and is only not asked.
    if (event.type === 'connected') this.#begin(runner.subject);
    else if (event.type === 'lost' || event.type === 'gone') this.#end(runner.subject);
  }

  #begin(id: string): void {
    this.#end(id);
    const { times } = this.#context;
    const canary = new CanaryProbe(id, this.#context);
    const gpu = new GpuProbe(id, this.#context, () => canary.isFailing);
    this.#reconciler.begin(id);
    const tasks = [
      this.#task(id, times.canaryRetryMs, (signal) => canary.turn(signal)),
      this.#task(id, times.gpuIntervalMs, (signal) => gpu.turn(signal)),
      this.#task(id, times.reconcileIntervalMs / 4, () => {
        if (this.#reconciler.isDue(id)) this.#parts.hosts.refresh(id);
        return Promise.resolve(undefined);
      }),
    ];
    this.#tasks.set(id, tasks);
    for (const task of tasks) task.start();
  }

  #end(id: string): void {
    this.#reconciler.end(id);
    const tasks = this.#tasks.get(id) ?? [];
    this.#tasks.delete(id);
    const ended = Promise.all(tasks.map((task) => task.destroy())).finally(() => this.#endings.delete(ended));
    this.#endings.add(ended);
  }

  /** A failure is logged once for all hosts, since it is ours, such as a database that is away: what a host answers is a fact. */
  #task(id: string, restMs: number, turn: (signal: AbortSignal) => Promise<number | undefined>): PeriodicTask {
    const { logger, clock } = this.#parts;
    return new PeriodicTask({
      name: `probe ${id}`,
      run: async (signal) => {
        try {
          const nextMs = await turn(signal);
          this.#troubles.worked('probes', {}, 'probe results are stored again');
          return nextMs;
        } catch (error) {
          if (!signal.aborted)
            this.#troubles.failed('probes', { wolfInstanceId: id, error }, 'could not store probe results');
          return undefined;
        }
      },
      restMs: () => jittered(restMs),
      firstMs: Math.random() * this.#context.times.firstWithinMs,
      logger,
      clock,
    });
  }
}
