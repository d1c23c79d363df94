import { Module } from '@nestjs/common';
import { AutoJoinController } from './auto-join.controller.js';
import { DesktopConnectionsController } from './desktop-connections.controller.js';
import { DesktopController } from './desktop.controller.js';
import { ExecController } from './exec.controller.js';
import { ExternalAgentsController } from './external-agents.controller.js';
import { LogsController } from './logs.controller.js';
import { StatsController } from './stats.controller.js';
import { UploadController } from './upload.controller.js';

/** External agents, which are desktops with a session: creating them, and what passes to and from their desktops. */
@Module({
  controllers: [
    // Before the one whose `:id` would take its path for a session.
    DesktopConnectionsController,
    ExternalAgentsController,
    DesktopController,
    AutoJoinController,
    UploadController,
    ExecController,
    LogsController,
    StatsController,
  ],
})
export class ExternalAgentsModule {}
