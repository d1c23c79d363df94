import { Module } from '@nestjs/common';
import { ExpectedRunners } from './expected-runners.js';
import { HostLinkWatch } from './host-link-watch.js';
import { RunnerHosts } from './runner-hosts.js';
import { RunnersController } from './runners.controller.js';

/** Runners as operators see them, and what the registry of hosts is told about their links. */
@Module({ controllers: [RunnersController], providers: [HostLinkWatch, ExpectedRunners, RunnerHosts] })
export class RunnersModule {}
