import type { IncomingMessage } from 'node:http';
import { Inject, Injectable } from '@nestjs/common';
import { SessionDirectory, sessionIdOfReference, type StreamCloseCause } from '@helix/external-agent';
import { accessTokenOf, type AccessToken } from '@helix/revdial';
import { authenticationTrouble } from '../auth/authentication-trouble.js';
import { Authenticator } from '../auth/authenticator.js';
import { isFromAnotherSite } from '../auth/other-site.js';
import { SessionAccessPolicy } from '../auth/session-access.js';
import type { ApiConfig } from '../config/api-config.js';
import { API_CONFIG } from '../config/config.module.js';
import { ApiError } from '../errors/api-error.js';
import { Drain } from '../health/drain.js';
import type { StreamAdmission } from './stream-admission.js';
import type { StreamPath } from './stream-path.js';

/** Decides who may watch a session's stream: its owner, admins, and those with whom it is shared. Before any upgrade. */
@Injectable()
export class StreamAuthorizer {
  constructor(
    @Inject(API_CONFIG) private readonly config: ApiConfig,
    @Inject(Authenticator) private readonly authenticator: Authenticator,
    @Inject(SessionAccessPolicy) private readonly policy: SessionAccessPolicy,
    @Inject(SessionDirectory) private readonly directory: SessionDirectory,
    @Inject(Drain) private readonly drain: Drain,
  ) {}

  /**
   * A token in the path counts before the cookie, and that of a share link before any other: whoever comes by one may be signed
   * in as somebody else.
   * @throws ApiError UNAUTHENTICATED, FORBIDDEN, SESSION_NOT_FOUND, NOT_READY, AUTHENTICATION_AWAY
   */
  async admit(path: StreamPath, request: IncomingMessage): Promise<StreamAdmission> {
    if (this.drain.isDraining) throw new ApiError('NOT_READY', 'the replica is closing; try again');
    const found = tokenOf(path, request);
    if (found === undefined) throw new ApiError('UNAUTHENTICATED', 'Unauthorized');
    if (found.from === 'cookie' && isFromAnotherSite(request, this.config)) {
      throw new ApiError('FORBIDDEN', 'a page of another site may not open a stream with the cookie of this one');
    }
    const principal = await this.authenticate(found.token, request.socket.remoteAddress);
    if (principal === undefined) throw new ApiError('UNAUTHENTICATED', 'Unauthorized');
    if (principal.kind !== 'user' && principal.kind !== 'share') throw new ApiError('FORBIDDEN', 'Forbidden');
    const sessionId = sessionIdOfReference(path.sessionReference ?? '');
    if (sessionId === undefined) throw new ApiError('SESSION_NOT_FOUND', 'Session not found');
    // Who holds a link learns nothing about other sessions.
    if (principal.kind === 'share' && principal.sessionId !== sessionId) throw new ApiError('FORBIDDEN', 'Forbidden');
    const session = await this.directory.get(sessionId);
    const access = await this.policy.of(principal, session);
    if (access === undefined) throw new ApiError('FORBIDDEN', 'Forbidden');
    return { principal, token: found.token, session, access };
  }

  /** Why one who was let in may not stay; `undefined` while he may, and while that cannot be told. */
  async objectionTo({ token, principal, session, access }: StreamAdmission): Promise<StreamCloseCause | undefined> {
    try {
      const now = await this.authenticator.authenticate(token);
      if (now?.kind !== principal.kind) return principal.kind === 'share' ? 'revoked' : 'signedOut';
      if (now.kind === 'user' && principal.kind === 'user' && now.userId !== principal.userId) return 'signedOut';
      const still = await this.policy.of(now, session);
      // Who may do more than he came in for has no reason to leave.
      return still === undefined || (still.role === 'view' && access.role === 'control') ? 'revoked' : undefined;
    } catch {
      return undefined;
    }
  }

  private async authenticate(token: string, address: string | undefined): ReturnType<Authenticator['authenticate']> {
    try {
      return await this.authenticator.authenticate(token, address);
    } catch (error) {
      throw authenticationTrouble(error);
    }
  }
}

function tokenOf({ shareToken, accessToken }: StreamPath, request: IncomingMessage): AccessToken | undefined {
  if (shareToken !== undefined) return { token: shareToken, from: 'query' };
  const found = accessTokenOf(request);
  return found?.from !== 'header' && accessToken ? { token: accessToken, from: 'query' } : found;
}
