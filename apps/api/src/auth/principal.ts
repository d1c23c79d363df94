import type { SessionId } from '@helix/external-agent';

/** Who is calling. Made by the authenticator from a token, never from anything else in a request. */
export type Principal =
  | { readonly kind: 'runner' }
  | { readonly kind: 'user'; readonly userId: string; readonly isAdmin: boolean }
  | { readonly kind: 'session'; readonly sessionId: SessionId; readonly ownerId: string };

/** Stable name, equal for two tokens of the same holder; it is what a link is bound to. */
export function principalName(principal: Principal): string {
  switch (principal.kind) {
    case 'runner':
      return 'runner';
    case 'user':
      return `user:${principal.userId}`;
    case 'session':
      return `session:${principal.sessionId}`;
    default:
      return principal satisfies never;
  }
}
