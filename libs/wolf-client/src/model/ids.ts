import { WolfError } from '../wolf-error.js';

/**
 * An id that is a 64-bit number inside Wolf, as a decimal string without leading zeros. Most do not fit a JavaScript
 * number (wolf-api §0.3), so it never becomes one.
 */
export type WolfU64 = string & { readonly __brand: 'WolfU64' };

const DIGITS = /^[0-9]{1,20}$/;
const LARGEST = 18_446_744_073_709_551_615n;

/** `undefined` when the text is no unsigned 64-bit number. Wolf chokes on such ids for good (wolf-api §2.3). */
export function parseWolfU64(text: string): WolfU64 | undefined {
  if (!DIGITS.test(text)) return undefined;
  const value = BigInt(text);
  return value > LARGEST ? undefined : (value.toString() as WolfU64);
}

/** @throws WolfError WOLF_INVALID_REQUEST */
export function wolfU64FromText(text: string): WolfU64 {
  const id = parseWolfU64(text);
  if (id === undefined) throw new WolfError('WOLF_INVALID_REQUEST', 'not a decimal unsigned 64-bit id');
  return id;
}

/** A lobby's UUID in lower case. */
export type WolfLobbyId = string & { readonly __brand: 'WolfLobbyId' };

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** `undefined` when the text is no UUID; capitals are lowered, as Wolf compares the text. */
export function parseWolfLobbyId(text: string): WolfLobbyId | undefined {
  const lower = text.toLowerCase();
  return UUID.test(lower) ? (lower as WolfLobbyId) : undefined;
}

/** @throws WolfError WOLF_INVALID_REQUEST */
export function wolfLobbyIdFromText(text: string): WolfLobbyId {
  const id = parseWolfLobbyId(text);
  if (id === undefined) throw new WolfError('WOLF_INVALID_REQUEST', 'not the UUID of a lobby');
  return id;
}
