import type { JWTPayload } from 'jose';
import { isUserId, type OidcConfig } from '../../config/identity-settings.js';

/** The claim of this name or, where there is none, the one at this dotted path. Some providers name claims by URLs. */
function claimAt(payload: JWTPayload, path: string): unknown {
  if (Object.hasOwn(payload, path)) return payload[path];
  return path.split('.').reduce<unknown>((value, name) => {
    const isObject = typeof value === 'object' && value !== null && Object.hasOwn(value, name);
    return isObject ? (value as Record<string, unknown>)[name] : undefined;
  }, payload);
}

/** Who the token is about; `undefined` when it names nobody, or by an address that is not proven to be theirs. */
export function userIdOf(payload: JWTPayload, { userClaim }: Pick<OidcConfig, 'userClaim'>): string | undefined {
  if (userClaim === 'email' && payload['email_verified'] === false) return undefined;
  const value = claimAt(payload, userClaim);
  return isUserId(value) ? value : undefined;
}

/** `true`, the value itself, or a list with the value in it. */
export function isAdminBy(payload: JWTPayload, { admin }: Pick<OidcConfig, 'admin'>): boolean {
  if (admin === undefined) return false;
  const claim = claimAt(payload, admin.claim);
  if (admin.value === undefined) return claim === true;
  return claim === admin.value || (Array.isArray(claim) && claim.includes(admin.value));
}

export function textClaim(payload: JWTPayload, name: string): string {
  const value = payload[name];
  return typeof value === 'string' ? value : '';
}
