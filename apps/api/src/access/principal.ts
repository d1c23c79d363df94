import type { SessionId, ViewerRole } from '@helix/external-agent';

/** Who is calling. Made by the authenticator from a token, never from anything else in a request. */
export type Principal =
  | { readonly kind: 'runner' }
  | {
      readonly kind: 'user';
      readonly userId: string;
      readonly isAdmin: boolean;
      /** What the OIDC provider says of the person; not there for keys. */
      readonly profile?: { readonly email: string; readonly name: string };
      /** When the key ends by which the person came; null for one without an end, not there for other tokens. */
      readonly keyExpiresAt?: Date | null;
    }
  | { readonly kind: 'session'; readonly sessionId: SessionId; readonly ownerId: string }
  /** The holder of a link by which a session is shared. */
  | { readonly kind: 'share'; readonly shareId: string; readonly sessionId: SessionId; readonly role: ViewerRole }
  /** A key of one of Helix's apps (helix-rest §1.2). It is for routes that this API does not have. */
  | { readonly kind: 'app'; readonly appId: string; readonly ownerId: string };

/** Stable name, equal for two tokens of the same holder; it is what a link is bound to. */
export function principalName(principal: Principal): string {
  switch (principal.kind) {
    case 'runner':
      return 'runner';
    case 'user':
      return `user:${principal.userId}`;
    case 'session':
      return `session:${principal.sessionId}`;
    case 'share':
      return `share:${principal.shareId}`;
    case 'app':
      return `app:${principal.appId}`;
    default:
      return principal satisfies never;
  }
}
