import type { DataSource } from 'typeorm';
import type { ExternalAgentLogger } from '../../external-agent-logger.js';
import { HOST_DRAINED_REASON } from '../../session/session-reasons.js';
import { LIMITS } from '../../limits.js';
import type { SessionRepository } from '../../session/session.repository.js';

/** Asks for the stop of what is left on hosts whose drain has come to its deadline; the reconciler brings the stops about. */
export class DrainSweeper {
  readonly #dataSource: DataSource;
  readonly #repository: SessionRepository;
  readonly #logger: ExternalAgentLogger;

  constructor(dataSource: DataSource, repository: SessionRepository, logger: ExternalAgentLogger) {
    this.#dataSource = dataSource;
    this.#repository = repository;
    this.#logger = logger;
  }

  /** @throws the database's errors */
  async sweep(): Promise<void> {
    const hosts = await this.#dataSource.query<{ id: string }[]>(
      `SELECT i.id FROM wolf_instances i WHERE i.drain_started_at IS NOT NULL AND i.drain_deadline_at <= now()
         AND EXISTS (SELECT FROM sessions s WHERE s.wolf_instance_id = i.id AND s.state IN ('starting','running')
           AND s.desired = 'running')
       ORDER BY i.drain_deadline_at, i.id LIMIT $1`,
      [LIMITS.drainedHostsAtOnce],
    );
    for (const { id } of hosts) {
      // What is more than this is left to the next sweep.
      const count = await this.#repository.stopOnHost(id, HOST_DRAINED_REASON, LIMITS.drainStopsAtOnce);
      this.#logger.info({ wolfInstanceId: id, count }, 'host drain deadline reached; stopping its sessions');
    }
  }
}
