import { Module } from '@nestjs/common';
import { SessionHost, WolfHosts } from './wolf-hosts.js';
import { WolfController } from './wolf.controller.js';
import { WolfKeyboardController } from './wolf-keyboard.controller.js';
import { WolfPairingController } from './wolf-pairing.controller.js';
import { WolfPairing } from './wolf-pairing.service.js';
import { WolfReports } from './wolf-reports.js';

/** Views of each host's Wolf, and what may be done there by hand. */
@Module({
  controllers: [WolfController, WolfKeyboardController, WolfPairingController],
  providers: [WolfHosts, SessionHost, WolfReports, WolfPairing],
  exports: [WolfHosts, SessionHost, WolfReports],
})
export class WolfModule {}
