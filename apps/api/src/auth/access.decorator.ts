import { createParamDecorator, SetMetadata, type CustomDecorator, type ExecutionContext } from '@nestjs/common';
import type { SessionAccess, SessionEntity } from '@helix/external-agent';
import type { Request } from 'express';
import type { AccessRule } from './access-policy.js';
import type { Principal } from './principal.js';

export const ACCESS_RULE = 'helix:access-rule';

/** Says who may use a route. A route that does not say it is refused to everybody. */
export function Access(rule: AccessRule): CustomDecorator {
  return SetMetadata(ACCESS_RULE, rule);
}

/** A request that has passed the guard. */
export interface GuardedRequest extends Request {
  principal?: Principal;
  /** The session in the path, for routes under one of the `session-` rules. */
  session?: SessionEntity;
  /** What the caller may do with it, for routes under `session-viewer` and `session-controller`. */
  access?: SessionAccess;
}

export type UserPrincipal = Extract<Principal, { kind: 'user' }>;

/** The person behind the request, on routes that only people may use. */
export const CurrentUser = createParamDecorator((_: unknown, context: ExecutionContext): UserPrincipal => {
  const { principal } = context.switchToHttp().getRequest<GuardedRequest>();
  if (principal?.kind !== 'user') throw new Error('CurrentUser stands on a route that others than people may use');
  return principal;
});

/** The session named in the path, on routes under one of the `session-` rules. */
export const CurrentSession = createParamDecorator((_: unknown, context: ExecutionContext): SessionEntity => {
  const { session } = context.switchToHttp().getRequest<GuardedRequest>();
  if (session === undefined) throw new Error('CurrentSession stands on a route that is not about a session');
  return session;
});

/** What the caller may do with that session, on routes for viewers. */
export const CurrentAccess = createParamDecorator((_: unknown, context: ExecutionContext): SessionAccess => {
  const { access } = context.switchToHttp().getRequest<GuardedRequest>();
  if (access === undefined) throw new Error('CurrentAccess stands on a route that is not for viewers');
  return access;
});
