import { createParamDecorator, SetMetadata, type CustomDecorator, type ExecutionContext } from '@nestjs/common';
import type { SessionAccess, SessionEntity } from '@helix/external-agent';
import type { Request } from 'express';
import type { Principal } from './principal.js';

/**
 * Who may use a route:
 *
 *   public              everyone, with or without a token
 *   user                people (an admin is one)
 *   admin               admins
 *   host                GPU hosts with a runner token, and admins
 *   session-owner       the owner of the session named in the path, and admins
 *   session-viewer      they, users with whom the session is shared, and holders of a link by which it is
 *   session-controller  the same, but only by shares that give control
 *   metrics             admins, or everyone when the operator says so
 *
 * The token of a desktop opens its link and no route at all; the key of an app opens nothing; the link of a share opens only
 * what viewers of its own session may use.
 */
export type AccessRule =
  'public' | 'user' | 'admin' | 'host' | 'session-owner' | 'session-viewer' | 'session-controller' | 'metrics';

export type SessionRule = Extract<AccessRule, 'session-owner' | 'session-viewer' | 'session-controller'>;

export const ACCESS_RULE = 'helix:access-rule';

/** Says who may use a route. A route without it is refused to everyone. */
export function Access(rule: AccessRule): CustomDecorator {
  return SetMetadata(ACCESS_RULE, rule);
}

/** A request that has passed the guard. */
export interface GuardedRequest extends Request {
  principal?: Principal;
  /** The session in the path, for routes under one of the `session-` rules. */
  session?: SessionEntity;
  /** What the caller may do with it. */
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
