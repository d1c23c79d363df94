import { parseForeignJson } from '@helix/revdial';
import {
  MAX_JSON_KEYS,
  MAX_JSON_VALUES,
  MAX_PAIR_SECRET_LENGTH,
  MAX_RUNNER_LIST_COUNT,
  MAX_STRING_LENGTH,
} from '../limits.js';
import { isLobbyPin, type LobbyPin } from '../model/lobby.js';
import { parseWolfLobbyId, parseWolfU64 } from '../model/ids.js';
import { WolfError } from '../wolf-error.js';

/**
 * The checks of what is about to be sent. One malformed id or mount can end Wolf and every desktop on its host
 * (wolf-api §2.3), so types alone are not trusted. Messages name the field, never its value.
 */
export function invalid(field: string, rule: string): WolfError {
  return new WolfError('WOLF_INVALID_REQUEST', `${field} ${rule}; nothing was sent to Wolf`);
}

const CONTROL_OR_LONE_SURROGATE = /[\p{Cc}\p{Cs}]/u;

/** Text without control characters, which no name, path or variable of ours has. */
export function checkText(field: string, text: unknown): string {
  if (typeof text !== 'string') throw invalid(field, 'must be a string');
  if (text.length > MAX_STRING_LENGTH) throw invalid(field, 'is too long');
  if (CONTROL_OR_LONE_SURROGATE.test(text)) throw invalid(field, 'has a control character');
  return text;
}

export function checkFilledText(field: string, text: unknown): string {
  const checked = checkText(field, text);
  if (checked === '') throw invalid(field, 'is empty');
  return checked;
}

/** Each entry is text that matches `form`. */
export function checkTexts(field: string, texts: unknown, form: RegExp, rule: string): readonly string[] {
  if (!Array.isArray(texts)) throw invalid(field, 'must be a list');
  if (texts.length > MAX_RUNNER_LIST_COUNT) throw invalid(field, 'has too many entries');
  return texts.map((text: unknown, index) => {
    const entry = `${field}[${index.toString()}]`;
    const checked = checkText(entry, text);
    if (!form.test(checked)) throw invalid(entry, rule);
    return checked;
  });
}

/** A JSON object as text. Wolf's runner thread dies of anything else, and leaves a lobby without a container. */
export function checkJsonObjectText(field: string, text: unknown): string {
  if (typeof text !== 'string' || text.length > MAX_STRING_LENGTH) throw invalid(field, 'is too long or no string');
  let parsed: unknown;
  try {
    parsed = parseForeignJson(text, {
      maxBytes: 4 * MAX_STRING_LENGTH,
      maxKeys: MAX_JSON_KEYS,
      maxValues: MAX_JSON_VALUES,
    });
  } catch {
    throw invalid(field, 'is not JSON');
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) throw invalid(field, 'is no JSON object');
  return text;
}

export function checkInteger(field: string, value: number, smallest: number, largest: number): number {
  if (Number.isInteger(value) && value >= smallest && value <= largest) return value;
  throw invalid(field, `must be a whole number from ${smallest.toString()} to ${largest.toString()}`);
}

export function checkFinite(field: string, value: number): number {
  if (Number.isFinite(value)) return value;
  throw invalid(field, 'must be a finite number');
}

export function checkBoolean(field: string, value: unknown): boolean {
  if (typeof value === 'boolean') return value;
  throw invalid(field, 'must be true or false');
}

export function checkOneOf<T extends string | number>(field: string, value: T, allowed: readonly T[]): T {
  if (allowed.includes(value)) return value;
  throw invalid(field, `must be one of ${allowed.join(', ')}`);
}

export function checkLobbyId(text: unknown): string {
  const id = typeof text === 'string' ? parseWolfLobbyId(text) : undefined;
  if (id === undefined) throw invalid('lobbyId', 'is not the UUID of a lobby');
  return id;
}

export function checkSessionId(text: unknown): string {
  const id = typeof text === 'string' ? parseWolfU64(text) : undefined;
  if (id === undefined) throw invalid('sessionId', 'is not a decimal unsigned 64-bit number');
  return id;
}

export function checkPairSecret(text: unknown): string {
  if (typeof text === 'string' && text.length <= MAX_PAIR_SECRET_LENGTH && /^[\x21-\x7e]+$/.test(text)) return text;
  throw invalid('pairSecret', 'is not the secret of a pairing request');
}

export function checkPairingPin(text: unknown): string {
  if (typeof text === 'string' && /^[0-9]{4}$/.test(text)) return text;
  throw invalid('pin', 'must be a string of four digits');
}

/** As a member to spread: a PIN that is absent stays absent, since Wolf takes `[]` for a PIN of no digits. */
export function pinMember(pin: LobbyPin | undefined): { readonly pin?: LobbyPin } {
  if (pin === undefined) return {};
  if (!Array.isArray(pin) || !isLobbyPin(pin)) throw invalid('pin', 'must be four digits');
  return { pin };
}
