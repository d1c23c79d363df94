import { WolfError } from '../wolf-error.js';

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
