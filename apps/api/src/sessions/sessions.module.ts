import { Injectable, Module, type OnModuleInit } from '@nestjs/common';
import { ExternalAgents, isSessionId, SessionDirectory, SessionFeed } from '@helix/external-agent';
import { ChangeNotices } from '../database/change-notices/change-notices.js';
import { DesktopLifeController } from './desktop-life.controller.js';
import { SessionsController } from './sessions.controller.js';
import { UserSocketGateway } from './user-socket.gateway.js';

/**
 * A session that was changed on any replica is read again on this one as soon as that is announced, and started when it has got a
 * slot.
 */
@Injectable()
class SessionNotices implements OnModuleInit {
  constructor(
    private readonly notices: ChangeNotices,
    private readonly directory: SessionDirectory,
    private readonly feed: SessionFeed,
    private readonly all: ExternalAgents,
  ) {}

  onModuleInit(): void {
    this.notices.subscribe('sessions', (id) => {
      const sessionId = id !== undefined && isSessionId(id) ? id : undefined;
      this.directory.invalidate(sessionId);
      // Its watchers are told at once, and not with the next request.
      void this.feed.refresh(sessionId);
    });
    // A slot has come to a session that waited for one. Whichever replica is first starts it; a sweep finds it otherwise.
    this.notices.subscribe('placements', (id) => {
      if (id !== undefined) this.all.enqueueDrive(id);
    });
  }
}

/** Sessions: their list, their life, and their state as pages are told it. */
@Module({
  controllers: [SessionsController, DesktopLifeController],
  providers: [SessionNotices, UserSocketGateway],
})
export class SessionsModule {}
