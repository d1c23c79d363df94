import { Injectable } from '@nestjs/common';
import { SessionShares, type SessionAccess, type SessionEntity, type SessionShareEntity } from '@helix/external-agent';
import type { Principal } from '../access/principal.js';

type SessionOwned = Pick<SessionEntity, 'id' | 'ownerId'>;

/** What a caller may do with a session, and by what right. Asked again later, it also tells that a share has ended. */
@Injectable()
export class SessionAccessPolicy {
  constructor(private readonly shares: SessionShares) {}

  /**
   * `undefined` for those who may do nothing with it.
   * @throws the database's error when only that could tell; never for owners and admins
   */
  async of(principal: Principal, session: SessionOwned): Promise<SessionAccess | undefined> {
    switch (principal.kind) {
      case 'user':
        return ownAccess(principal, session) ?? accessBy(await this.shares.findGrant(session.id, principal.userId));
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

/** That of owners and admins; `undefined` for all others, also those with a share. */
export function ownAccess(principal: Principal, session: SessionOwned): SessionAccess | undefined {
  if (principal.kind !== 'user') return undefined;
  if (principal.userId === session.ownerId) return { via: 'owner', role: 'control' };
  return principal.isAdmin ? { via: 'admin', role: 'control' } : undefined;
}

function accessBy(share: SessionShareEntity | undefined): SessionAccess | undefined {
  return share && { via: 'share', role: share.role, shareId: share.id, expiresAt: share.expiresAt };
}
