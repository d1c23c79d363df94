import { Injectable, Module, type OnModuleInit } from '@nestjs/common';
import { isSessionId, SessionShares } from '@helix/external-agent';
import { ChangeNotices } from '../database/change-notices/change-notices.js';
import { SessionAccessController } from './session-access.controller.js';
import { SharesController } from './shares.controller.js';

/** Shares that were changed on any replica are read again on this one as soon as that is announced. */
@Injectable()
class ShareNotices implements OnModuleInit {
  constructor(
    private readonly notices: ChangeNotices,
    private readonly shares: SessionShares,
  ) {}

  onModuleInit(): void {
    this.notices.subscribe('session_shares', (id) => {
      const [sessionId = '', changedShareId] = id?.split(' ') ?? [];
      this.shares.invalidate(isSessionId(sessionId) ? sessionId : undefined, changedShareId);
    });
  }
}

/** With whom sessions are shared. */
@Module({ controllers: [SessionAccessController, SharesController], providers: [ShareNotices] })
export class SharesModule {}
