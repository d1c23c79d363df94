import { Module } from '@nestjs/common';
import { CONSOLE_ASSETS, readConsoleAssets } from './console-assets.js';
import { ConsoleController } from './console.controller.js';
import { FrontendConfigController, PRODUCT_VERSION, readProductVersion } from './frontend-config.controller.js';

/** Our own page that shows a session, and what other frontends have to know. */
@Module({
  controllers: [FrontendConfigController, ConsoleController],
  providers: [
    { provide: CONSOLE_ASSETS, useFactory: readConsoleAssets },
    { provide: PRODUCT_VERSION, useFactory: readProductVersion },
  ],
})
export class ConsoleModule {}
