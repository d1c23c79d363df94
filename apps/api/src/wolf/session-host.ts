import { Injectable } from '@nestjs/common';
import { ExternalAgentError, isSessionId, SessionDirectory, type SessionId } from '@helix/external-agent';
import type { UserPrincipal } from '../access/access.decorator.js';
import { ApiError } from '../errors/api-error.js';

export interface HostOfSession {
  readonly sessionId: SessionId;
  readonly wolfInstanceId: string;
}

/** The host of a session that is named in a query rather than in the path, where the guard does not see it. */
@Injectable()
export class SessionHost {
  constructor(private readonly directory: SessionDirectory) {}

  /** @throws ApiError FORBIDDEN, ExternalAgentError SESSION_NOT_FOUND, NO_DESKTOP */
  async of(sessionId: string, user: UserPrincipal): Promise<HostOfSession> {
    if (!isSessionId(sessionId)) throw new ApiError('SESSION_NOT_FOUND', 'Session not found');
    const session = await this.directory.get(sessionId);
    if (session.ownerId !== user.userId && !user.isAdmin) throw new ApiError('FORBIDDEN', 'Forbidden');
    if (session.wolfInstanceId === null) throw new ExternalAgentError('NO_DESKTOP', 'the session has no host');
    return { sessionId, wolfInstanceId: session.wolfInstanceId };
  }
}
