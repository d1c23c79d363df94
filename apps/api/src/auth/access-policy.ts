import type { SessionAccess } from '@helix/external-agent';
import type { Principal } from './principal.js';

/**
 * Who may use a route:
 *
 *   public              everybody, with or without a token
 *   user                people (an admin is one)
 *   admin               admins
 *   host                GPU hosts with a runner token, and admins
 *   session-owner       the owner of the session named in the path, and admins
 *   session-viewer      they, users with whom the session is shared, and who holds a link by which it is
 *   session-controller  the same, but of the shares those only that give control
 *   metrics             admins, or everybody when the operator says so
 *
 * The token of a desktop opens its link and no route at all; the key of an app opens nothing; a share's link opens nothing
 * but what viewers of its own session may use.
 */
export type AccessRule =
  'public' | 'user' | 'admin' | 'host' | 'session-owner' | 'session-viewer' | 'session-controller' | 'metrics';

export type AccessDecision = 'allow' | 'unauthenticated' | 'forbidden';

/** By who the caller is. `ownerId` is the session's owner and is asked for only by `session-owner`. */
export function decideAccess(
  rule: Exclude<AccessRule, 'public' | 'metrics' | 'session-viewer' | 'session-controller'>,
  principal: Principal | undefined,
  ownerId?: string,
): AccessDecision {
  if (principal === undefined) return 'unauthenticated';
  if (principal.kind === 'runner') return rule === 'host' ? 'allow' : 'forbidden';
  if (principal.kind !== 'user') return 'forbidden';
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

/** By what the caller may do with the session (`SessionAccessPolicy`). */
export function decideViewing(
  rule: Extract<AccessRule, 'session-viewer' | 'session-controller'>,
  access: SessionAccess | undefined,
): AccessDecision {
  if (access === undefined) return 'forbidden';
  return rule === 'session-viewer' || access.role === 'control' ? 'allow' : 'forbidden';
}
