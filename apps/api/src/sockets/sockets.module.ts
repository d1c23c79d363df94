import { Module } from '@nestjs/common';
import { Upgrades } from './upgrades.js';

@Module({ providers: [Upgrades], exports: [Upgrades] })
export class SocketsModule {}
