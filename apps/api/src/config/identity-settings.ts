import { z } from 'zod';
import { API_LIMITS } from '../limits.js';

/** What providers use for subjects, without what means something in a path, a header or a query. */
export const USER_ID = new RegExp(`^(?!\\.+$)[A-Za-z0-9._@|:+=-]{1,${String(API_LIMITS.userIdMaxLength)}}$`);
export const USER_ID_RULE = `must be 1 to ${String(API_LIMITS.userIdMaxLength)} of A-Z a-z 0-9 . _ @ | : + = -`;

export function isUserId(value: unknown): value is string {
  return typeof value === 'string' && USER_ID.test(value);
}

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

/** May the provider be asked at this URL? Who can change the answers on the way there would sign our tokens. */
export function isProviderUrl(text: string, allowHttp: boolean): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, username, password } = new URL(text);
  if (username !== '' || password !== '') return false;
  if (protocol === 'https:') return true;
  return protocol === 'http:' && (allowHttp || isLoopback(hostname));
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(hostname);
}

const ADMIN_USER_SOURCES = ['env', 'jwt'] as const;
type AdminUserSource = (typeof ADMIN_USER_SOURCES)[number];

/** Who people are, and who of them is an admin. */
export interface IdentityConfig {
  /** Undefined: people come with keys only. */
  readonly oidc: OidcConfig | undefined;
  readonly adminUserSource: AdminUserSource;
  readonly adminUserIds: readonly string[];
}

const commaList = z.string().transform((text) =>
  text
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== ''),
);

/** In the form of `SETTINGS`, which they are part of. */
export const IDENTITY_SETTINGS = {
  OIDC_ISSUER: {
    schema: z.url({ protocol: /^https?$/, error: 'must be an http or https URL' }).optional(),
    about:
      'OIDC provider whose users may come with its tokens (JWT), exactly as their `iss` says it; unset: keys only. https, or http on this machine',
  },
  OIDC_AUDIENCE: {
    schema: commaList.default([]),
    about: 'What `aud` of its tokens must have one of, comma-separated; required with `OIDC_ISSUER`',
  },
  OIDC_JWKS_URL: {
    schema: z.url({ protocol: /^https?$/, error: 'must be an http or https URL' }).optional(),
    about: 'Where the keys of the provider are; unset: its discovery document says it',
  },
  OIDC_USER_CLAIM: {
    schema: z.string().min(1).default('sub'),
    about: 'Claim that is the user id, a name or a dotted path',
  },
  OIDC_ADMIN_CLAIM: {
    schema: z.string().min(1).default('admin'),
    about:
      'With `ADMIN_USER_SOURCE=jwt`: claim that makes an admin, a name or a dotted path; `true`, or what has `OIDC_ADMIN_VALUE`',
  },
  OIDC_ADMIN_VALUE: {
    schema: z.string().min(1).optional(),
    about: 'Value of that claim, or in its list, that makes an admin; unset: only `true` does',
  },
  OIDC_ALLOW_HTTP: {
    schema: z
      .enum(['true', 'false', '1', '0'])
      .transform((text) => text === 'true' || text === '1')
      .default(false),
    about: 'Ask a provider on another machine over plain http; for networks with no other users',
  },
  ADMIN_USER_SOURCE: {
    schema: z.enum(ADMIN_USER_SOURCES).default('env'),
    about:
      'Who says which users are admins: `env`, the list `ADMIN_USER_IDS`; or `jwt`, the provider, and then no key is an admin’s but `ADMIN_API_KEY`',
  },
  ADMIN_USER_IDS: {
    schema: commaList
      .refine((ids) => !ids.includes('all'), 'all would make every user an admin; name them')
      .refine((ids) => ids.every(isUserId), `each ${USER_ID_RULE}`)
      .default([]),
    about: 'User ids that are admins, with tokens and with keys, comma-separated; not `all`',
  },
} as const;

/** Faults of settings that do not go together, from the texts as they were given. */
export function identityFaults(given: Readonly<Record<string, string>>): readonly string[] {
  const faults: string[] = [];
  const { OIDC_ISSUER, OIDC_AUDIENCE, OIDC_JWKS_URL, ADMIN_USER_SOURCE, ADMIN_USER_IDS } = given;
  const allowHttp = given['OIDC_ALLOW_HTTP'] === 'true' || given['OIDC_ALLOW_HTTP'] === '1';
  if (OIDC_ISSUER !== undefined && OIDC_AUDIENCE === undefined) {
    faults.push(
      'OIDC_AUDIENCE: is required with OIDC_ISSUER: tokens for other services of the provider are not for us',
    );
  }
  for (const [name, url] of Object.entries({ OIDC_ISSUER, OIDC_JWKS_URL })) {
    if (url !== undefined && URL.canParse(url) && !isProviderUrl(url, allowHttp)) {
      faults.push(`${name}: must be https without a user, or http on this machine; OIDC_ALLOW_HTTP allows others`);
    }
  }
  const withoutIssuer = ['OIDC_AUDIENCE', 'OIDC_JWKS_URL', 'OIDC_USER_CLAIM', 'OIDC_ADMIN_CLAIM', 'OIDC_ADMIN_VALUE'];
  for (const name of OIDC_ISSUER === undefined ? withoutIssuer : []) {
    if (given[name] !== undefined) faults.push(`${name}: means nothing without OIDC_ISSUER`);
  }
  if (ADMIN_USER_SOURCE === 'jwt') {
    if (OIDC_ISSUER === undefined) faults.push('ADMIN_USER_SOURCE: jwt needs OIDC_ISSUER');
    if (ADMIN_USER_IDS !== undefined) faults.push('ADMIN_USER_IDS: means nothing with ADMIN_USER_SOURCE=jwt');
  } else if (OIDC_ISSUER !== undefined) {
    for (const name of ['OIDC_ADMIN_CLAIM', 'OIDC_ADMIN_VALUE']) {
      if (given[name] !== undefined) faults.push(`${name}: means nothing without ADMIN_USER_SOURCE=jwt`);
    }
  }
  return faults;
}

type Values = {
  readonly [Name in keyof typeof IDENTITY_SETTINGS]: z.output<(typeof IDENTITY_SETTINGS)[Name]['schema']>;
};
type Optional = 'OIDC_ISSUER' | 'OIDC_JWKS_URL' | 'OIDC_ADMIN_VALUE';
type IdentityValues = Omit<Values, Optional> & Partial<Pick<Values, Optional>>;

export function readIdentity(env: IdentityValues): IdentityConfig {
  return {
    oidc:
      env.OIDC_ISSUER === undefined
        ? undefined
        : {
            issuer: env.OIDC_ISSUER,
            audiences: env.OIDC_AUDIENCE,
            jwksUrl: env.OIDC_JWKS_URL,
            userClaim: env.OIDC_USER_CLAIM,
            admin:
              env.ADMIN_USER_SOURCE === 'jwt'
                ? { claim: env.OIDC_ADMIN_CLAIM, value: env.OIDC_ADMIN_VALUE }
                : undefined,
            allowHttp: env.OIDC_ALLOW_HTTP,
          },
    adminUserSource: env.ADMIN_USER_SOURCE,
    adminUserIds: env.ADMIN_USER_IDS,
  };
}
