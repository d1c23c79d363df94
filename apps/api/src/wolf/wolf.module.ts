import { Module } from '@nestjs/common';
import { AgentSandboxesController } from '../agent-sandboxes/agent-sandboxes.controller.js';
import { EventStreams } from '../agent-sandboxes/event-streams.js';
import { LobbyRemoval } from '../agent-sandboxes/lobby-removal.js';
import { WolfRemovalController } from '../agent-sandboxes/wolf-removal.controller.js';
import { SessionHost } from './session-host.js';
import { WolfController } from './wolf.controller.js';
import { WolfHosts } from './wolf-hosts.js';
import { WolfKeyboardController } from './wolf-keyboard.controller.js';
import { WolfPairingController } from './wolf-pairing.controller.js';
import { WolfPairing } from './wolf-pairing.service.js';
import { WolfReports } from './wolf-reports.js';

/** Views of each host's Wolf, and what may be done there by hand. */
@Module({
  controllers: [
    WolfController,
    WolfKeyboardController,
    WolfPairingController,
    AgentSandboxesController,
    WolfRemovalController,
  ],
  providers: [WolfHosts, SessionHost, WolfReports, WolfPairing, EventStreams, LobbyRemoval],
  exports: [WolfHosts, SessionHost],
})
export class WolfModule {}
