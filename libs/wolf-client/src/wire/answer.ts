import { z } from 'zod';
import { MAX_LISTED_COUNT, MAX_QUOTED_TEXT_LENGTH } from '../limits.js';
import { parseWolfLobbyId, parseWolfU64 } from '../model/ids.js';
import { WolfError, type WolfErrorCode } from '../wolf-error.js';
import type { HttpAnswer } from './http-exchange.js';

const failure = z.object({ success: z.literal(false), error: z.string() });
const success = z.object({ success: z.literal(true) });

/**
 * What a successful answer says. Judged by status *and* `success`, never by content type, of which there is none
 * (wolf-api §1.2, §2.1).
 * @throws WolfError WOLF_NOT_FOUND, WOLF_INVALID_ANSWER, WOLF_REFUSED and the codes of Wolf's literals
 */
export function readSuccess<T>(call: string, answer: HttpAnswer, shape: z.ZodType<T>): T {
  // Wolf's answer to a path that it does not know is empty; a 404 that says something is a refusal like others.
  if (answer.status === 404 && answer.isEmpty) {
    throw new WolfError('WOLF_NOT_FOUND', `this Wolf has no endpoint for ${call}`);
  }
  const body = bodyOf(call, answer);
  const failed = failure.safeParse(body);
  if (failed.success) throw refusalOf(call, answer.status, failed.data.error);
  if (answer.status !== 200 || !success.safeParse(body).success) throw unexpected(call, answer);
  return readShape(call, body, shape);
}

function bodyOf(call: string, answer: HttpAnswer): unknown {
  if (answer.json === undefined) throw unexpected(call, answer, 'not JSON');
  return answer.json;
}

function readShape<T>(call: string, body: unknown, shape: z.ZodType<T>): T {
  const read = shape.safeParse(body);
  if (read.success) return read.data;
  const places = read.error.issues.slice(0, 3).map((issue) => `${issue.path.join('.')} (${issue.code})`);
  throw new WolfError('WOLF_INVALID_ANSWER', `the answer to ${call} has an unknown shape at ${places.join(', ')}`);
}

function unexpected(call: string, answer: HttpAnswer, what = 'of an unknown shape'): WolfError {
  const status = answer.status.toString();
  return new WolfError('WOLF_INVALID_ANSWER', `the answer to ${call} with status ${status} is ${what}`);
}

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
function refusalOf(call: string, status: number, text: string): WolfError {
  const code = CODES.get(text);
  if (code !== undefined) return new WolfError(code, `Wolf refused ${call}: ${text}`);
  return new WolfError('WOLF_REFUSED', `Wolf refused ${call} with status ${status.toString()}: ${quotableText(text)}`);
}

const PLAIN_WORDS = /^[A-Za-z0-9 '_.:,()\n-]*$/;

/**
 * Wolf's error text as it may stand in a message. Its parser names fields and types, which helps; but a text can also
 * quote what was sent, so anything beyond plain words is withheld and digits are masked: a PIN is digits.
 */
function quotableText(text: string): string {
  const start = text.slice(0, MAX_QUOTED_TEXT_LENGTH);
  return PLAIN_WORDS.test(start) ? `"${start.replace(/[0-9]/g, '#').replace(/\n/g, ' ')}"` : '(text withheld)';
}

/** A 64-bit id: a string, or with the oldest Wolf a bare number, which arrives here as a string when it is large. */
export const u64 = z.union([z.string(), z.int().nonnegative()]).transform((value, context) => {
  const id = parseWolfU64(String(value));
  if (id !== undefined) return id;
  context.addIssue({ code: 'custom', message: 'not an unsigned 64-bit id' });
  return z.NEVER;
});

export const lobbyId = z.string().transform((value, context) => {
  const id = parseWolfLobbyId(value);
  if (id !== undefined) return id;
  context.addIssue({ code: 'custom', message: 'not the UUID of a lobby' });
  return z.NEVER;
});

export function listOf<T extends z.ZodType>(element: T): z.ZodArray<T> {
  return z.array(element).max(MAX_LISTED_COUNT);
}
