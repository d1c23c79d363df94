import { Module } from '@nestjs/common';
import { WolfModule } from '../wolf/wolf.module.js';
import { AgentSandboxesController } from './agent-sandboxes.controller.js';
import { EventStreams } from './event-streams.js';
import { LobbyRemoval } from './lobby-removal.js';
import { WolfRemovalController } from './wolf-removal.controller.js';

/** What a host's Wolf runs, for admins: views, events, and removal by hand. */
@Module({
  imports: [WolfModule],
  controllers: [AgentSandboxesController, WolfRemovalController],
  providers: [EventStreams, LobbyRemoval],
})
export class AgentSandboxesModule {}
