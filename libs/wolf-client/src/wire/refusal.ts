import { WolfError, type WolfErrorCode } from '../wolf-error.js';
import { quotableText } from './quotable-text.js';

/** Wolf's own literals (wolf-api §2.2). Its parser's texts vary from build to build and are not matched. */
const CODES: ReadonlyMap<string, WolfErrorCode> = new Map<string, WolfErrorCode>([
  ['Invalid lobby ID', 'WOLF_UNKNOWN_LOBBY'],
  ['Invalid PIN', 'WOLF_WRONG_PIN'],
  // Said of a join after the lobby was found, so it means the session.
  ['Lobby or session not found', 'WOLF_UNKNOWN_SESSION'],
  ['Invalid session_id', 'WOLF_UNKNOWN_SESSION'],
  ['Session already in different lobby - leave first before joining another', 'WOLF_IN_OTHER_LOBBY'],
  ['Lobby is full', 'WOLF_LOBBY_FULL'],
  ['Lobby join timed out', 'WOLF_JOIN_TIMED_OUT'],
  ['Lobby setup timed out', 'WOLF_CREATE_TIMED_OUT'],
  ['Invalid pair secret', 'WOLF_UNKNOWN_PAIRING'],
]);

/** The error of a failure that Wolf answered. */
export function refusalOf(call: string, status: number, text: string): WolfError {
  const code = CODES.get(text);
  if (code !== undefined) return new WolfError(code, `Wolf refused ${call}: ${text}`);
  return new WolfError('WOLF_REFUSED', `Wolf refused ${call} with status ${status.toString()}: ${quotableText(text)}`);
}
