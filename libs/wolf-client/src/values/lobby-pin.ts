import { randomInt } from 'node:crypto';
import { WolfError } from '../wolf-error.js';

/** A lobby's PIN as Wolf takes it: four digits, one number each. Leading zeros count. It never reaches a log. */
export type LobbyPin = readonly number[] & { readonly __brand: 'LobbyPin' };

const PIN_DIGITS = 4;
const PIN_TEXT = /^[0-9]{4}$/;

/** From the four-character string in which a PIN is kept and shown. @throws WolfError WOLF_INVALID_REQUEST */
export function lobbyPinFromText(text: string): LobbyPin {
  if (!PIN_TEXT.test(text)) throw new WolfError('WOLF_INVALID_REQUEST', 'a lobby PIN is a string of four digits');
  return brand(Array.from(text, Number));
}

export function lobbyPinToText(pin: LobbyPin): string {
  return pin.join('');
}

export function randomLobbyPin(): LobbyPin {
  return brand(Array.from({ length: PIN_DIGITS }, () => randomInt(10)));
}

/** For values that arrive with the type but from code that may have cast. */
export function isLobbyPin(pin: readonly number[]): pin is LobbyPin {
  return pin.length === PIN_DIGITS && pin.every((digit) => Number.isInteger(digit) && digit >= 0 && digit <= 9);
}

function brand(digits: readonly number[]): LobbyPin {
  if (!isLobbyPin(digits)) throw new WolfError('WOLF_INVALID_REQUEST', 'a lobby PIN is four digits');
  return digits;
}
