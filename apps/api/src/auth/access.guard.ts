import { Inject, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { isSessionId, SessionDirectory } from '@helix/external-agent';
import { accessTokenOf } from '@helix/revdial';
import type { ApiConfig } from '../config/api-config.js';
import { API_CONFIG } from '../config/config.module.js';
import { ApiError } from '../errors/api-error.js';
import { decideAccess, type AccessRule } from './access-policy.js';
import { ACCESS_RULE, type GuardedRequest } from './access.decorator.js';
import { isActOfAnotherSite } from './other-site.js';
import { Authenticator } from './authenticator.js';
import type { Principal } from './principal.js';

/** The one guard: stands before every route, and refuses those that do not say who may use them. */
@Injectable()
export class AccessGuard implements CanActivate {
  constructor(
    @Inject(Reflector) private readonly reflector: Reflector,
    @Inject(API_CONFIG) private readonly config: ApiConfig,
    @Inject(Authenticator) private readonly authenticator: Authenticator,
    @Inject(SessionDirectory) private readonly directory: SessionDirectory,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const rule = this.reflector.getAllAndOverride<AccessRule | undefined>(ACCESS_RULE, [
      context.getHandler(),
      context.getClass(),
    ]);
    if (rule === undefined) throw new ApiError('FORBIDDEN', 'Forbidden');
    if (rule === 'public' || (rule === 'metrics' && this.config.metricsPublic)) return true;
    const request = context.switchToHttp().getRequest<GuardedRequest>();
    const principal = await this.authenticate(request);
    if (principal !== undefined) request.principal = principal;
    if (rule !== 'session-owner') {
      refuse(decideAccess(rule === 'metrics' ? 'admin' : rule, principal));
      return true;
    }
    // Those who could own no session learn nothing about which ones exist.
    if (principal?.kind !== 'user') {
      refuse(decideAccess(rule, principal));
      return true;
    }
    const id = request.params['id'];
    if (typeof id !== 'string' || !isSessionId(id)) throw new ApiError('SESSION_NOT_FOUND', 'Session not found');
    const session = await this.directory.get(id);
    refuse(decideAccess(rule, principal, session.ownerId));
    request.session = session;
    return true;
  }

  private async authenticate(request: GuardedRequest): Promise<Principal | undefined> {
    const found = accessTokenOf(request);
    if (found === undefined) return undefined;
    if (found.from === 'cookie' && isActOfAnotherSite(request, this.config.serverUrl)) {
      throw new ApiError('FORBIDDEN', 'a page of another site may not change anything with the cookie of this one');
    }
    try {
      return await this.authenticator.authenticate(found.token);
    } catch (error) {
      throw new ApiError('AUTHENTICATION_AWAY', 'Authentication service temporarily unavailable', { cause: error });
    }
  }
}

function refuse(decision: ReturnType<typeof decideAccess>): void {
  if (decision === 'unauthenticated') throw new ApiError('UNAUTHENTICATED', 'Unauthorized');
  if (decision === 'forbidden') throw new ApiError('FORBIDDEN', 'Forbidden');
}
