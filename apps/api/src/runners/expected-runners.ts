import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { SessionLists } from '@helix/external-agent';
import { RUNNERS_MAX_COUNT, runnerIdOf, RunnerPresence } from '@helix/revdial';
import { WolfInstanceRegistry } from '@helix/scheduler';
import { principalName } from '../access/principal.js';
import type { ApiConfig } from '../config/api-config.js';
import { API_CONFIG } from '../config/config.module.js';

/**
 * Tells the tunnel which runners to expect back after a restart, so that requests made meanwhile wait for them instead of
 * failing; and the registry of the host that is reached without a link.
 */
@Injectable()
export class ExpectedRunners implements OnApplicationBootstrap {
  constructor(
    @Inject(API_CONFIG) private readonly config: ApiConfig,
    private readonly presence: RunnerPresence,
    private readonly registry: WolfInstanceRegistry,
    private readonly sessions: SessionLists,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    const { localWolf } = this.config;
    if (localWolf !== undefined) await this.registry.markLinkConnected(localWolf.instanceId, localWolf.socketPath);
    for (const { id, linkConnected } of await this.registry.list()) {
      if (!linkConnected || id === localWolf?.instanceId) continue;
      this.presence.expectBack(runnerIdOf('wolf', id), 'runner');
    }
    for (const sessionId of await this.sessions.listRunningIds(RUNNERS_MAX_COUNT)) {
      this.presence.expectBack(
        runnerIdOf('sandbox', sessionId),
        principalName({ kind: 'session', sessionId, ownerId: '' }),
      );
    }
  }
}
