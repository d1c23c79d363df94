import { Module } from '@nestjs/common';
import { ExplainPlacementController } from './explain-placement.controller.js';
import { SessionPlacementController } from './session-placement.controller.js';

/** Why a session is where it is, and where one could be. */
@Module({ controllers: [SessionPlacementController, ExplainPlacementController] })
export class PlacementModule {}
