import { Inject, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { isSessionId, SessionDirectory } from '@helix/external-agent';
import type { ApiConfig } from '../config/api-config.js';
import { API_CONFIG } from '../config/config.module.js';
import { ApiError } from '../errors/api-error.js';
import { decideAccess, decideViewing, type AccessDecision, type AccessRule } from './access-policy.js';
import { ACCESS_RULE, type GuardedRequest } from './access.decorator.js';
import { CallerIdentity } from './caller-identity.js';
import type { Principal } from './principal.js';
import { SessionAccessPolicy } from './session-access.js';

type SessionRule = Extract<AccessRule, 'session-owner' | 'session-viewer' | 'session-controller'>;

/** The one guard: stands before every route, and refuses those that do not say who may use them. */
@Injectable()
export class AccessGuard implements CanActivate {
  constructor(
    @Inject(Reflector) private readonly reflector: Reflector,
    @Inject(API_CONFIG) private readonly config: ApiConfig,
    @Inject(CallerIdentity) private readonly identity: CallerIdentity,
    @Inject(SessionDirectory) private readonly directory: SessionDirectory,
    @Inject(SessionAccessPolicy) private readonly sessionAccess: SessionAccessPolicy,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const rule = this.reflector.getAllAndOverride<AccessRule | undefined>(ACCESS_RULE, [
      context.getHandler(),
      context.getClass(),
    ]);
    if (rule === undefined) throw new ApiError('FORBIDDEN', 'Forbidden');
    if (rule === 'public' || (rule === 'metrics' && this.config.metricsPublic)) return true;
    const request = context.switchToHttp().getRequest<GuardedRequest>();
    const principal = (await this.identity.of(request))?.principal;
    if (principal !== undefined) request.principal = principal;
    if (principal?.kind === 'app') {
      throw new ApiError('FORBIDDEN', 'this API key is for an app and opens nothing here; use a personal API key');
    }
    if (rule === 'session-owner' || rule === 'session-viewer' || rule === 'session-controller') {
      await this.passToSession(rule, principal, request);
    } else {
      refuse(decideAccess(rule === 'metrics' ? 'admin' : rule, principal));
    }
    return true;
  }

  private async passToSession(
    rule: SessionRule,
    principal: Principal | undefined,
    request: GuardedRequest,
  ): Promise<void> {
    const id = request.params['id'];
    const isGuest = principal?.kind === 'share' && rule !== 'session-owner' && principal.sessionId === id;
    // Those to whom no session, or no other one, could be open learn nothing about which ones exist.
    if (principal === undefined) throw new ApiError('UNAUTHENTICATED', 'Unauthorized');
    if (principal.kind !== 'user' && !isGuest) throw new ApiError('FORBIDDEN', 'Forbidden');
    if (typeof id !== 'string' || !isSessionId(id)) throw new ApiError('SESSION_NOT_FOUND', 'Session not found');
    const session = await this.directory.get(id);
    if (rule === 'session-owner') {
      refuse(decideAccess(rule, principal, session.ownerId));
    } else {
      const access = await this.sessionAccess.of(principal, session);
      refuse(decideViewing(rule, access));
      if (access !== undefined) request.access = access;
    }
    request.session = session;
  }
}

function refuse(decision: AccessDecision): void {
  if (decision === 'unauthenticated') throw new ApiError('UNAUTHENTICATED', 'Unauthorized');
  if (decision === 'forbidden') throw new ApiError('FORBIDDEN', 'Forbidden');
}
