import { Module } from '@nestjs/common';
import { FleetHistoryController } from './fleet-history.controller.js';
import { HostOperationsController } from './host-operations.controller.js';
import { WolfInstancesController } from './wolf-instances.controller.js';

/** The registry of hosts: what they report, what operators do with them, and what happened to them. */
@Module({ controllers: [WolfInstancesController, HostOperationsController, FleetHistoryController] })
export class WolfInstancesModule {}
