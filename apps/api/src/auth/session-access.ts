import { Inject, Injectable } from '@nestjs/common';
import { SessionShares, type SessionAccess, type SessionEntity, type SessionShareEntity } from '@helix/external-agent';
import type { Principal } from './principal.js';

/** What somebody may do with a session, and by what right. Asked anew, it tells also that a share has ended meanwhile. */
@Injectable()
export class SessionAccessPolicy {
  constructor(@Inject(SessionShares) private readonly shares: SessionShares) {}

  /**
   * `undefined` for those who may do nothing with it.
   * @throws the database's error when only that could tell; never for owners and admins
   */
  async of(principal: Principal, session: Pick<SessionEntity, 'id' | 'ownerId'>): Promise<SessionAccess | undefined> {
    switch (principal.kind) {
      case 'user':
        if (principal.userId === session.ownerId) return { via: 'owner', role: 'control' };
        if (principal.isAdmin) return { via: 'admin', role: 'control' };
        return accessBy(await this.shares.findGrant(session.id, principal.userId));
      case 'share':
        if (principal.sessionId !== session.id) return undefined;
        return accessBy(await this.shares.findLive(session.id, principal.shareId));
      case 'runner':
      case 'session':
      case 'app':
        return undefined;
      default:
        return principal satisfies never;
    }
  }
}

function accessBy(share: SessionShareEntity | undefined): SessionAccess | undefined {
  return share && { via: 'share', role: share.role, shareId: share.id, expiresAt: share.expiresAt };
}
