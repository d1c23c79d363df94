import { Inject, Injectable } from '@nestjs/common';
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
   * By runner id; never rejects. Which runners are there is known without the database, and whoever looks for them while it is away
   * or slow does without their hosts.
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
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise<typeof nothing>((resolve) => {
      timer = setTimeout(() => {
        resolve(nothing);
      }, API_LIMITS.runnerHostsPatienceMs);
    });
    return await Promise.race([reading, patience]).finally(() => {
      clearTimeout(timer);
    });
  }
}
