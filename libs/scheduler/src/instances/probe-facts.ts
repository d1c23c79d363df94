import type { DataSource } from 'typeorm';

import { SCHEDULER_LIMITS } from '../limits.js';
import { StatusKeeper } from '../status/status-keeper.js';
import type { Gpu, WolfInstanceEntity } from '../tables/wolf-instance.entity.js';

export type CanaryVerdict = { readonly ok: true } | { readonly ok: false; readonly failure: string };

export interface HealthFacts {
  /** Empty: this Wolf cannot tell. */
  readonly wolfHealth: WolfInstanceEntity['wolfHealth'];
  readonly stuckThreadCount: number;
  readonly canCreatePipelines: boolean;
}

export interface GpuFacts {
  /** `lost` means something only of a host where it once worked; of others it changes nothing. */
  readonly monitoring: 'ok' | 'lost';
  readonly gpuName?: string | undefined;
  readonly memoryTotalMb?: number | undefined;
}

export interface ProbeFactsOptions {
  readonly silenceMs?: number;
  readonly heartbeatLateMs?: number;
}

/**
 * What the probes of hosts find out. Each note writes the host's row only when it says something new, so it may be given
 * again and again; then the host's status follows. Unknown hosts are passed over. Rejects with the database's errors.
 */
export class ProbeFacts {
  readonly #status: StatusKeeper;

  constructor(dataSource: DataSource, options: ProbeFactsOptions = {}) {
    this.#status = new StatusKeeper(dataSource, {
      silenceMs: options.silenceMs ?? SCHEDULER_LIMITS.silenceMs,
      heartbeatLateMs: options.heartbeatLateMs ?? SCHEDULER_LIMITS.heartbeatLateMs,
    });
  }

  /** Do requests through the host's link get answers? That they do not is dated from the first note of it. */
  async noteCanary(id: string, verdict: CanaryVerdict): Promise<void> {
    if (verdict.ok) {
      await this.#write(
        id,
        `canary_failing_since = NULL, canary_failure = ''`,
        `(canary_failing_since IS NOT NULL OR canary_failure <> '')`,
      );
      return;
    }
    await this.#write(
      id,
      'canary_failing_since = coalesce(canary_failing_since, now()), canary_failure = $2::text',
      '(canary_failing_since IS NULL OR canary_failure <> $2::text)',
      [storable(verdict.failure, SCHEDULER_LIMITS.canaryFailureChars)],
    );
  }

  /** Another machine has claimed the host's id, from this address, and was refused. */
  async noteOtherMachine(id: string, address: string): Promise<void> {
    await this.#write(id, 'other_machine_seen_at = now(), other_machine_address = $2::text', 'true', [
      storable(address, SCHEDULER_LIMITS.addressChars),
    ]);
  }

  /** How the host's Wolf judges itself. */
  async noteHealth(id: string, { wolfHealth, stuckThreadCount, canCreatePipelines }: HealthFacts): Promise<void> {
    await this.#write(
      id,
      'wolf_health = $2::text, stuck_thread_count = $3::int, can_create_pipelines = $4::boolean',
      `(wolf_health, stuck_thread_count, can_create_pipelines) IS DISTINCT FROM ($2::text, $3::int, $4::boolean)`,
      [wolfHealth, stuckThreadCount, canCreatePipelines],
    );
  }

  /** Can the host's GPU be measured? Its name and memory are kept where the host itself tells of no GPU. */
  async noteGpu(id: string, { monitoring, gpuName, memoryTotalMb }: GpuFacts): Promise<void> {
    if (monitoring === 'lost') {
      await this.#write(id, `gpu_monitoring = 'lost'`, `gpu_monitoring = 'ok'`);
      return;
    }
    const gpus: readonly Gpu[] =
      gpuName === undefined || gpuName === ''
        ? []
        : [
            {
              name: storable(gpuName, SCHEDULER_LIMITS.gpuTypeChars),
              ...(memoryTotalMb !== undefined && { memoryMb: memoryTotalMb }),
            },
          ];
    await this.#write(
      id,
      `gpu_monitoring = 'ok', gpus = CASE WHEN gpus = '[]' THEN $2::jsonb ELSE gpus END`,
      `(gpu_monitoring <> 'ok' OR (gpus = '[]' AND $2::jsonb <> '[]'))`,
      [JSON.stringify(gpus)],
    );
  }

  /** `assignments` where `isNews` holds; both name the parameters from $2 on. */
  async #write(id: string, assignments: string, isNews: string, parameters: readonly unknown[] = []): Promise<void> {
    await this.#status.change(
      id,
      async (manager) =>
        await manager.query<[unknown[], number]>(
          `UPDATE wolf_instances SET ${assignments}, facts_version = facts_version + 1, updated_at = now()
           WHERE id = $1 AND ${isNews}`,
          [id, ...parameters],
        ),
      ([, count]) => count > 0,
    );
  }
}

/** A host's words: PostgreSQL's text holds no NUL, its JSON neither that nor half of a surrogate pair. */
function storable(text: string, maxChars: number): string {
  return text.replace(/\0|\p{Surrogate}/gu, '').slice(0, maxChars);
}
