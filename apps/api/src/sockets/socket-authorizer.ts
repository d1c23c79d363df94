import type { IncomingMessage } from 'node:http';
import { Inject, Injectable } from '@nestjs/common';
import { isSessionId, SessionDirectory } from '@helix/external-agent';
import { accessTokenOf } from '@helix/revdial';
import { decideAccess } from '../auth/access-policy.js';
import { Authenticator } from '../auth/authenticator.js';
import { isFromAnotherSite } from '../auth/other-site.js';
import type { ApiConfig } from '../config/api-config.js';
import { API_CONFIG } from '../config/config.module.js';
import { httpAnswerOf } from '../errors/status-by-code.js';
import { Drain } from '../health/drain.js';
import type { SocketAdmission, SocketRefusal } from './socket-admission.js';

const UNAUTHENTICATED: SocketRefusal = { status: 401, message: 'Unauthorized' };
const FORBIDDEN: SocketRefusal = { status: 403, message: 'Forbidden' };
const NOT_FOUND: SocketRefusal = { status: 404, message: 'Session not found' };
const AWAY: SocketRefusal = {
  status: 503,
  message: 'Authentication service temporarily unavailable',
  retryAfterS: 5,
};
const CLOSING: SocketRefusal = { status: 503, message: 'the replica is closing; try again', retryAfterS: 2 };

/**
 * Lets the owner of a session, and admins, open a WebSocket about it; by the same policy as the guard before routes, and
 * before the upgrade. A browser sends our cookie with the sockets of any page, so one that came by cookie must be ours.
 */
@Injectable()
export class SocketAuthorizer {
  constructor(
    @Inject(API_CONFIG) private readonly config: ApiConfig,
    @Inject(Authenticator) private readonly authenticator: Authenticator,
    @Inject(SessionDirectory) private readonly directory: SessionDirectory,
    @Inject(Drain) private readonly drain: Drain,
  ) {}

  /** Never rejects. */
  async admit(request: IncomingMessage, sessionId: string | undefined): Promise<SocketAdmission | SocketRefusal> {
    try {
      return await this.decide(request, sessionId);
    } catch (error) {
      const known = httpAnswerOf(error);
      return known?.answer.status === 404 ? NOT_FOUND : AWAY;
    }
  }

  /** Does the token still open what it opened? While that can not be told, it does. */
  async isStillAdmitted({ token, principal, session }: SocketAdmission): Promise<boolean> {
    try {
      const now = await this.authenticator.authenticate(token);
      return now?.kind === 'user' && now.userId === principal.userId && (now.isAdmin || session.ownerId === now.userId);
    } catch {
      return true;
    }
  }

  private async decide(
    request: IncomingMessage,
    sessionId: string | undefined,
  ): Promise<SocketAdmission | SocketRefusal> {
    if (this.drain.isDraining) return CLOSING;
    const found = accessTokenOf(request);
    if (found === undefined) return UNAUTHENTICATED;
    if (found.from === 'cookie' && isFromAnotherSite(request, this.config)) return FORBIDDEN;
    const principal = await this.authenticator.authenticate(found.token);
    if (principal === undefined) return UNAUTHENTICATED;
    if (principal.kind !== 'user') return FORBIDDEN;
    if (sessionId === undefined || sessionId === '') return { status: 400, message: 'session_id is required' };
    if (!isSessionId(sessionId)) return NOT_FOUND;
    const session = await this.directory.get(sessionId);
    if (decideAccess('session-owner', principal, session.ownerId) !== 'allow') return FORBIDDEN;
    return { principal, token: found.token, session };
  }
}
