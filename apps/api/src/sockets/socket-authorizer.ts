import type { IncomingMessage } from 'node:http';
import { Inject, Injectable } from '@nestjs/common';
import { isSessionId, SessionDirectory } from '@helix/external-agent';
import { accessTokenOf } from '@helix/revdial';
import { decideAccess } from '../auth/access-policy.js';
import { authenticationTrouble } from '../auth/authentication-trouble.js';
import { Authenticator } from '../auth/authenticator.js';
import { isFromAnotherSite } from '../auth/other-site.js';
import type { ApiConfig } from '../config/api-config.js';
import { API_CONFIG } from '../config/config.module.js';
import { ApiError } from '../errors/api-error.js';
import { httpAnswerOf } from '../errors/status-by-code.js';
import { Drain } from '../health/drain.js';
import type { SocketAdmission } from './socket-admission.js';

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

  /** @throws ApiError UNAUTHENTICATED, FORBIDDEN, INVALID_REQUEST, SESSION_NOT_FOUND, NOT_READY, AUTHENTICATION_AWAY, TOO_MANY_ATTEMPTS */
  async admit(request: IncomingMessage, sessionId: string | undefined): Promise<SocketAdmission> {
    try {
      return await this.decide(request, sessionId);
    } catch (error) {
      throw httpAnswerOf(error) === undefined ? authenticationTrouble(error) : error;
    }
  }

  /** Does the token still open what it opened? While that cannot be told, it does. */
  async isStillAdmitted({ token, principal, session }: SocketAdmission): Promise<boolean> {
    try {
      const now = await this.authenticator.authenticate(token);
      return now?.kind === 'user' && now.userId === principal.userId && (now.isAdmin || session.ownerId === now.userId);
    } catch {
      return true;
    }
  }

  private async decide(request: IncomingMessage, sessionId: string | undefined): Promise<SocketAdmission> {
    if (this.drain.isDraining) throw new ApiError('NOT_READY', 'the replica is closing; try again');
    const found = accessTokenOf(request);
    if (found === undefined) throw new ApiError('UNAUTHENTICATED', 'Unauthorized');
    if (found.from === 'cookie' && isFromAnotherSite(request, this.config))
      throw new ApiError('FORBIDDEN', 'Forbidden');
    const principal = await this.authenticator.authenticate(found.token, request.socket.remoteAddress);
    if (principal === undefined) throw new ApiError('UNAUTHENTICATED', 'Unauthorized');
    if (principal.kind !== 'user') throw new ApiError('FORBIDDEN', 'Forbidden');
    if (sessionId === undefined || sessionId === '') throw new ApiError('INVALID_REQUEST', 'session_id is required');
    if (!isSessionId(sessionId)) throw new ApiError('SESSION_NOT_FOUND', 'Session not found');
    const session = await this.directory.get(sessionId);
    if (decideAccess('session-owner', principal, session.ownerId) !== 'allow') {
      throw new ApiError('FORBIDDEN', 'Forbidden');
    }
    return { principal, token: found.token, session };
  }
}
