import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

/** API keys of people begin with `hl-`, as Helix's clients expect; tokens of desktops with `hls-`, of share links with `hs-`. */
export const KEY_PREFIX = { user: 'hl-', session: 'hls-', share: 'hs-' } as const;
type KeyKind = keyof typeof KEY_PREFIX;

/** A new secret of 256 bits, as the holder sees it. */
export function createSecretToken(kind: KeyKind): string {
  return KEY_PREFIX[kind] + randomBytes(32).toString('base64url');
}

/** What is stored of a secret. The secrets are random and long, so a plain SHA-256 cannot be reversed by guessing. */
export function hashSecret(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

/** Compares two hashes without telling by the time taken where they differ. */
export function isSameHash(one: Buffer, other: Buffer): boolean {
  return one.length === other.length && timingSafeEqual(one, other);
}
