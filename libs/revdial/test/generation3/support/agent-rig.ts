import { AgentTunnels, fixedToken } from '@helix/revdial';
import type { AgentTunnelsOptions, LocalAddress } from '@helix/revdial';
import { LocalService } from '../../runner/support/local-service.js';
import { RecordingLogger } from '../../runner/support/recording-logger.js';
import { connectorTo } from '../../runner/support/start-tunnel.js';
import { ScriptedGateway } from './scripted-gateway.js';

/** Waits that every test would sit through. */
const FAST = { backoffBaseMs: 20, backoffEarlyCapMs: 60, backoffCapMs: 60, supersededWaitMs: 100 };

export interface StartedAgent {
  readonly tunnels: AgentTunnels;
  /** Of the links. */
  readonly logger: RecordingLogger;
  /** Of each runner. */
  readonly loggers: Readonly<Record<string, RecordingLogger>>;
}

/** A scripted gateway, local services, and agents between them. */
export class AgentRig {
  readonly #services: LocalService[] = [];
  readonly #agents: AgentTunnels[] = [];

  private constructor(public gateway: ScriptedGateway) {}

  static async create(): Promise<AgentRig> {
    return new AgentRig(await ScriptedGateway.start());
  }

  async serve(...args: Parameters<typeof LocalService.start>): Promise<LocalService> {
    const service = await LocalService.start(...args);
    this.#services.push(service);
    return service;
  }

  start(
    targets: Readonly<Record<string, LocalAddress>>,
    options: Partial<AgentTunnelsOptions> = {},
    url = this.gateway.url,
  ): StartedAgent {
    const logger = new RecordingLogger();
    const loggers = Object.fromEntries(Object.keys(targets).map((runnerId) => [runnerId, new RecordingLogger()]));
    const tunnels = new AgentTunnels({
      connector: connectorTo(url),
      token: fixedToken('secret-of-the-test'),
      logger,
      ...options,
      targets: Object.entries(targets).map(([runnerId, local]) => ({
        runnerId,
        local,
        logger: loggers[runnerId] ?? logger,
      })),
      timings: { ...FAST, ...options.timings },
    });
    this.#agents.push(tunnels);
    tunnels.start();
    return { tunnels, logger, loggers };
  }

  async close(): Promise<void> {
    for (const agent of this.#agents) agent.destroy();
    await Promise.all(this.#services.map((service) => service.close()));
    await this.gateway.close();
  }
}
