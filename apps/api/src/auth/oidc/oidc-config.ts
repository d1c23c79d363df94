/** The provider whose users may come, and how its tokens name them. */
export interface OidcConfig {
  /** Exactly as it stands in the tokens, with or without a slash at the end. */
  readonly issuer: string;
  /** A token for any of these is for us. */
  readonly audiences: readonly string[];
  /** Undefined: the provider's discovery document says it. */
  readonly jwksUrl: string | undefined;
  readonly userClaim: string;
  /** Undefined: tokens do not say who is an admin. */
  readonly admin: { readonly claim: string; readonly value: string | undefined } | undefined;
  /** Plain http to other machines, too. */
  readonly allowHttp: boolean;
}
