import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { Operator } from '@helix/scheduler';
import type { GuardedRequest } from '../access/access.decorator.js';

/** The admin behind the request and the address that it came from (behind a proxy, the proxy's), on routes for admins. */
export const CurrentOperator = createParamDecorator((_: unknown, context: ExecutionContext): Operator => {
  const { principal, ip } = context.switchToHttp().getRequest<GuardedRequest>();
  if (principal?.kind !== 'user') throw new Error('CurrentOperator stands on a route that others than admins may use');
  return { actor: principal.userId, remoteAddress: ip ?? '' };
});
