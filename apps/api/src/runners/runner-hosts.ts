import { Inject, Injectable } from '@nestjs/common';
import type { RunnerStatus } from '@helix/revdial';
import { HostStates, type HostState } from '@helix/scheduler';
import type { Logger } from 'pino';
import { API_LIMITS } from '../limits.js';
import { LOGGER } from '../logging/logging.module.js';

/** What the registry says of the hosts that runners are parts of. */
@Injectable()
export class RunnerHosts {
  constructor(
    @Inject(HostStates) private readonly states: HostStates,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /**
   * By runner id; never rejects. Which runners are there is known without the database, and whoever looks for them while it is away
   * or slow does without their hosts.
   */
  async of(runners: readonly RunnerStatus[]): Promise<ReadonlyMap<string, HostState>> {
    const parts = runners.filter(({ kind }) => kind !== 'sandbox');
    const states = await this.read(parts.map(({ subject }) => subject));
    return new Map(
      parts.flatMap(({ runnerId, subject }) => {
        const state = states.get(subject);
        return state === undefined ? [] : [[runnerId, state] as const];
      }),
    );
  }

  private async read(ids: readonly string[]): Promise<ReadonlyMap<string, HostState>> {
    const nothing = new Map<string, HostState>();
    const reading = this.states.of(ids).catch((error: unknown) => {
      this.logger.warn({ error }, 'runners are listed without their hosts');
      return nothing;
    });
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
