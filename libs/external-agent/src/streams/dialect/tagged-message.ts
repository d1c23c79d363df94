import { parseForeignJson, SMALL_JSON } from '@helix/revdial';
import { LIMITS } from '../../limits.js';

/** The longest is one of a host. */
const MESSAGE = { ...SMALL_JSON, maxBytes: LIMITS.streamHostMessageMaxBytes };

/** A message as serde tags it: one key that names the variant (moonlight-web §3.1). */
export interface TaggedMessage {
  readonly variant: string;
  readonly content: unknown;
}

/** `undefined` for text that is no such message. A bare string is a variant without content. */
export function parseTaggedMessage(text: string): TaggedMessage | undefined {
  let parsed: unknown;
  try {
    parsed = parseForeignJson(text, MESSAGE);
  } catch {
    return undefined;
  }
  if (typeof parsed === 'string') return { variant: parsed, content: undefined };
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return undefined;
  const [entry, ...others] = Object.entries(parsed);
  if (entry === undefined || others.length > 0) return undefined;
  return { variant: entry[0], content: entry[1] };
}
