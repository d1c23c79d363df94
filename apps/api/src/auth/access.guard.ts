import { Inject, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { isSessionId } from '@helix/external-agent';
import type { ApiConfig } from '../config/api-config.js';
import { API_CONFIG } from '../config/config.module.js';
import { ApiError } from '../errors/api-error.js';
import { ACCESS_RULE, type AccessRule, type GuardedRequest } from '../access/access.decorator.js';
import { Admission } from './admission.js';

/** The one guard: stands before every route, and refuses those that do not say who may use them. */
@Injectable()
export class AccessGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    @Inject(API_CONFIG) private readonly config: ApiConfig,
    private readonly admission: Admission,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const rule = this.reflector.getAllAndOverride<AccessRule | undefined>(ACCESS_RULE, [
      context.getHandler(),
      context.getClass(),
    ]);
    if (rule === undefined) throw new ApiError('FORBIDDEN', 'Forbidden');
    if (rule === 'public' || (rule === 'metrics' && this.config.metricsPublic)) return true;
    const request = context.switchToHttp().getRequest<GuardedRequest>();
    switch (rule) {
      case 'session-owner':
      case 'session-viewer':
      case 'session-controller': {
        const id = request.params['id'];
        const sessionId = typeof id === 'string' && isSessionId(id) ? id : undefined;
        const { principal, session, access } = await this.admission.admitToSession({ request }, rule, { sessionId });
        Object.assign(request, { principal, session, access });
        return true;
      }
      default:
        request.principal = await this.admission.admit({ request }, rule === 'metrics' ? 'admin' : rule);
        return true;
    }
  }
}
