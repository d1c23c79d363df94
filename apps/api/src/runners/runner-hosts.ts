import { Inject, Injectable } from '@nestjs/common';
import { withDeadline, withSignal } from '@helix/pacing';
import type { RunnerStatus } from '@helix/revdial';
import { WolfInstanceRegistry, type WolfInstance } from '@helix/scheduler';
import type { Logger } from 'pino';
import { API_LIMITS } from '../limits.js';
import { LOGGER } from '../logging/logging.module.js';

/** What the registry says of the hosts that runners are parts of. */
@Injectable()
export class RunnerHosts {
  constructor(
    private readonly registry: WolfInstanceRegistry,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /**
   * By runner id; never rejects. Runners are known without the database: while it is away or slow they are listed without their
   * hosts.
   */
  async of(runners: readonly RunnerStatus[]): Promise<ReadonlyMap<string, WolfInstance>> {
    const parts = runners.filter(({ kind }) => kind !== 'sandbox');
    const hosts = await this.read([...new Set(parts.map(({ subject }) => subject))]);
    return new Map(
      parts.flatMap(({ runnerId, subject }) => {
        const host = hosts.get(subject);
        return host === undefined ? [] : [[runnerId, host] as const];
      }),
    );
  }

  private async read(ids: readonly string[]): Promise<ReadonlyMap<string, WolfInstance>> {
    const nothing = new Map<string, WolfInstance>();
    const reading = this.registry.listByIds(ids).then(
      (hosts) => new Map(hosts.map((host) => [host.id, host])),
      (error: unknown) => {
        this.logger.warn({ error }, 'runners are listed without their hosts');
        return nothing;
      },
    );
    const tooLate = (): Error => new Error('the registry did not answer in time');
    return await withDeadline(API_LIMITS.runnerHostsPatienceMs, undefined, tooLate, (signal) =>
      withSignal(signal, reading),
    ).catch(() => nothing);
  }
}
