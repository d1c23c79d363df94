import { type JsonValue, readJson } from './json.js';
import type { WolfMethod } from './wolf-transport.js';
import type { WolfCore } from './wolf-core.js';
import { isAtLeast, type WolfEra } from './wolf-era.js';
import { failure, type WolfReply } from './wolf-reply.js';
import { joinFaults, type WolfShape } from './wolf-shape.js';

/** One (method, path) of the API. */
export interface WolfEndpoint {
  readonly method: WolfMethod;
  readonly path: string;
  isIn(era: WolfEra): boolean;
  answer(core: WolfCore, body: string): Promise<WolfReply> | WolfReply;
}

const API = '/api/v1';

export function reads(
  path: string,
  since: WolfEra,
  answer: (core: WolfCore) => Promise<WolfReply> | WolfReply,
): WolfEndpoint {
  return {
    method: 'GET',
    path: `${API}${path}`,
    isIn: (era) => isAtLeast(era, since),
    answer: (core) => answer(core),
  };
}

export interface TakesOptions<T> {
  readonly path: string;
  readonly since: WolfEra;
  readonly shape: (era: WolfEra) => WolfShape<T>;
  /** Two endpoints answer an unreadable body in their own way (wolf-api §2.2); the others with 500 and the parser's text. */
  readonly refuse?: (fault: string) => WolfReply;
  readonly answer: (core: WolfCore, request: T) => Promise<WolfReply> | WolfReply;
}

export function takes<T>({ path, since, shape, refuse = failure, answer }: TakesOptions<T>): WolfEndpoint {
  return {
    method: 'POST',
    path: `${API}${path}`,
    isIn: (era) => isAtLeast(era, since),
    answer: (core, body) => {
      const json = parseBody(body);
      if ('fault' in json) return refuse(json.fault);
      const parsed = shape(core.era).parse(json.value);
      return 'faults' in parsed ? refuse(joinFaults(parsed.faults)) : answer(core, parsed.value);
    },
  };
}

function parseBody(body: string): { readonly value: JsonValue } | { readonly fault: string } {
  if (body === '') return { fault: 'Could not parse document: input length is 0' };
  try {
    return { value: readJson(body) };
  } catch (error) {
    return { fault: `Could not parse document: ${error instanceof Error ? error.message : 'invalid'}` };
  }
}
