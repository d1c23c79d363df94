import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { isSessionId, SessionDirectory, SessionFeed } from '@helix/external-agent';
import { ChangeNotices } from '../database/change-notices/change-notices.js';

/** A session that was changed on any replica is read anew on this one as soon as it is announced. */
@Injectable()
export class SessionNotices implements OnModuleInit {
  constructor(
    @Inject(ChangeNotices) private readonly notices: ChangeNotices,
    @Inject(SessionDirectory) private readonly directory: SessionDirectory,
    @Inject(SessionFeed) private readonly feed: SessionFeed,
  ) {}

  onModuleInit(): void {
    this.notices.subscribe('sessions', (id) => {
      const sessionId = id !== undefined && isSessionId(id) ? id : undefined;
      this.directory.invalidate(sessionId);
      // Whoever watches it is told at once, and not when somebody happens to ask.
      void this.feed.refresh(sessionId);
    });
  }
}
