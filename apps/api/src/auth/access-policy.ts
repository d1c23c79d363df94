import type { Principal } from './principal.js';

/**
 * Who may use a route:
 *
 *   public         everybody, with or without a token
 *   user           people (an admin is one)
 *   admin          admins
 *   host           GPU hosts with a runner token, and admins
 *   session-owner  the owner of the session named in the path, and admins
 *   metrics        admins, or everybody when the operator says so
 *
 * The token of a desktop opens its link and no route at all; the key of an app opens nothing.
 */
export type AccessRule = 'public' | 'user' | 'admin' | 'host' | 'session-owner' | 'metrics';

export type AccessDecision = 'allow' | 'unauthenticated' | 'forbidden';

/** The one policy. `ownerId` is the session's owner and is asked for only by `session-owner`. */
export function decideAccess(
  rule: Exclude<AccessRule, 'public' | 'metrics'>,
  principal: Principal | undefined,
  ownerId?: string,
): AccessDecision {
  if (principal === undefined) return 'unauthenticated';
  if (principal.kind === 'runner') return rule === 'host' ? 'allow' : 'forbidden';
  if (principal.kind === 'session' || principal.kind === 'app') return 'forbidden';
  if (principal.isAdmin) return 'allow';
  switch (rule) {
    case 'user':
      return 'allow';
    case 'session-owner':
      return ownerId !== undefined && principal.userId === ownerId ? 'allow' : 'forbidden';
    case 'admin':
    case 'host':
      return 'forbidden';
    default:
      return rule satisfies never;
  }
}
