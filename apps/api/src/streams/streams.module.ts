import { Module } from '@nestjs/common';
import { SocketsModule } from '../sockets/upgrades.js';
import { StreamUpgrades } from './stream-upgrades.js';
import { ViewersController } from './viewers.controller.js';

/** Streams of desktops to browsers, and who watches. */
@Module({ imports: [SocketsModule], controllers: [ViewersController], providers: [StreamUpgrades] })
export class StreamsModule {}
