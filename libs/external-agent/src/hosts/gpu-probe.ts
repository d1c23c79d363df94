import { jittered } from '@helix/pacing';
import type { CapacityMeasurement } from '@helix/scheduler';
import { isWolfError } from '@helix/wolf-client';
import { LIMITS } from '../limits.js';
import { readGpu, type GpuReading } from './gpu-reading.js';
import { type ProbeContext, ChangeReporter } from './probe-context.js';

/** Reads over and over what the GPU of one host carries. */
export class GpuProbe {
  readonly #id: string;
  readonly #context: ProbeContext;
  readonly #isPathFailing: () => boolean;
  readonly #monitoringReports = new ChangeReporter();
  readonly #unknownReports = new ChangeReporter();
  #canTell = true;

  /** A host whose path is known to fail is not asked: it would only wait. */
  constructor(wolfInstanceId: string, context: ProbeContext, isPathFailing: () => boolean) {
    this.#id = wolfInstanceId;
    this.#context = context;
    this.#isPathFailing = isPathFailing;
  }

  /** Resolves with when to read again; rejects when what was read could not be told, and with the signal's reason. */
  async turn(signal: AbortSignal): Promise<number> {
    if (this.#canTell && !this.#isPathFailing() && this.#context.choked.mayAsk(this.#id)) {
      // What begins to run while it measures may be in it or not.
      const sampledAt = this.#context.now();
      const reading = await this.#read(signal);
      signal.throwIfAborted();
      if (reading !== undefined) await this.#tell(reading, sampledAt);
    }
    return jittered(this.#context.times.gpuIntervalMs);
  }

  /** `undefined`: nothing was found out. */
  async #read(signal: AbortSignal): Promise<GpuReading | undefined> {
    const { turns, wolfs, choked, isReachable } = this.#context;
    const giveBack = await turns.take(false, signal);
    try {
      if (!isReachable(this.#id)) return undefined;
      const report = await wolfs.for(this.#id).memoryReport({ signal, timeoutMs: LIMITS.gpuTimeoutMs });
      choked.forget(this.#id);
      return readGpu(report.gpu);
    } catch (error) {
      if (!isWolfError(error)) throw error;
      switch (error.code) {
        case 'WOLF_NOT_FOUND':
          this.#canTell = false;
          return { state: 'none' };
        case 'WOLF_EMPTY_ANSWER':
          return await this.#judgeEmptyAnswer(signal);
        case 'WOLF_INVALID_ANSWER':
        case 'WOLF_REFUSED':
          return { state: 'broken' };
        default:
          // Whether Wolf is reached is the canary's.
          return undefined;
      }
    } finally {
      giveBack();
    }
  }

  /** It choked on the question, or was down; which, shows the next question. */
  async #judgeEmptyAnswer(signal: AbortSignal): Promise<GpuReading | undefined> {
    const { wolfs, choked, isReachable, times } = this.#context;
    try {
      await wolfs.for(this.#id).listLobbies({ signal, timeoutMs: times.canaryTimeoutMs });
      choked.noteChoked(this.#id);
      return { state: 'broken' };
    } catch {
      if (signal.aborted || !isReachable(this.#id)) return undefined;
      choked.noteSuspicion(this.#id);
      return { state: 'none' };
    }
  }

  async #tell(reading: GpuReading, sampledAt: Date): Promise<void> {
    const { facts, placements } = this.#context;
    if (reading.state !== 'ok') {
      const unknown: CapacityMeasurement = { sampledAt };
      await this.#unknownReports.report(reading.state, () => placements.noteMeasurement(this.#id, unknown));
      if (reading.state === 'broken') {
        await this.#monitoringReports.report('lost', () => facts.noteGpu(this.#id, { monitoring: 'lost' }));
      }
      return;
    }
    const { gpuName, encoderSessions, videoMemoryUsedMb, videoMemoryTotalMb } = reading;
    await placements.noteMeasurement(this.#id, { encoderSessions, videoMemoryUsedMb, videoMemoryTotalMb, sampledAt });
    this.#unknownReports.forget();
    const gpu = { monitoring: 'ok', gpuName, memoryTotalMb: videoMemoryTotalMb } as const;
    await this.#monitoringReports.report(gpu, () => facts.noteGpu(this.#id, gpu));
  }
}
