import { Module } from '@nestjs/common';
import { IceServers, MoonlightRest, MoonlightStatus } from '@helix/external-agent';
import { RunnerHttpPool, runnerIdOf, RunnerPresence } from '@helix/revdial';
import type { ApiConfig } from '../config/api-config.js';
import { API_CONFIG } from '../config/config.module.js';
import { WolfModule } from '../wolf/wolf.module.js';
import { MoonlightHost } from './moonlight-host.js';
import { MoonlightReports, MoonlightStatusController } from './moonlight-status.controller.js';
import { MoonlightRestController } from './moonlight-rest.controller.js';

/** The Moonlight Web of each host, which streams its desktops. */
@Module({
  imports: [WolfModule],
  controllers: [MoonlightStatusController, MoonlightRestController],
  providers: [
    MoonlightHost,
    MoonlightReports,
    {
      provide: IceServers,
      inject: [API_CONFIG],
      useFactory: (config: ApiConfig) => new IceServers(config.streaming.ice),
    },
    {
      provide: MoonlightStatus,
      inject: [RunnerHttpPool, RunnerPresence, API_CONFIG],
      useFactory: (http: RunnerHttpPool, presence: RunnerPresence, { streaming }: ApiConfig) =>
        new MoonlightStatus(http, {
          credentials: streaming.moonlightCredentials,
          isConnected: (id) => presence.isConnected(runnerIdOf('moonlight', id)),
        }),
    },
    {
      provide: MoonlightRest,
      inject: [RunnerHttpPool, API_CONFIG, IceServers],
      useFactory: (http: RunnerHttpPool, { streaming, basePath }: ApiConfig, iceServers: IceServers) =>
        new MoonlightRest(http, {
          credentials: streaming.moonlightCredentials,
          dialects: streaming.dialects,
          iceServers,
          basePath,
        }),
    },
  ],
  exports: [IceServers],
})
export class MoonlightModule {}
