import { z } from 'zod';
import { MAX_LISTED_COUNT } from '../limits.js';
import { parseWolfLobbyId } from '../values/wolf-lobby-id.js';
import { parseWolfU64 } from '../values/wolf-u64.js';

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
