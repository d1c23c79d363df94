import { readJson } from './json-reader.js';
import type { JsonValue } from './json-value.js';
import type { WolfMethod } from './request-parser.js';
import type { WolfCore } from './wolf-core.js';
import { isAtLeast, type WolfEra } from './wolf-era.js';
import { failure, type WolfReply } from './wolf-reply.js';
import { joinFaults, type WolfShape } from './wolf-shape.js';

/** One (method, path) of the API, and what the schema document says of it. */
export interface WolfEndpoint {
  readonly method: WolfMethod;
  readonly path: string;
  isIn(era: WolfEra): boolean;
  /** Name and shape of the request body, if it takes one. */
  bodySchema(era: WolfEra): NamedSchema | undefined;
  /** The query is raw: Wolf never decodes it. */
  answer(core: WolfCore, body: string, query: string): Promise<WolfReply> | WolfReply;
}

export interface NamedSchema {
  readonly name: string;
  readonly schema: object;
}

const API = '/api/v1';

export function reads(
  path: string,
  since: WolfEra,
  answer: (core: WolfCore, query: string) => Promise<WolfReply> | WolfReply,
): WolfEndpoint {
  return {
    method: 'GET',
    path: `${API}${path}`,
    isIn: (era) => isAtLeast(era, since),
    bodySchema: () => undefined,
    answer: (core, _body, query) => answer(core, query),
  };
}

export interface TakesOptions<T> {
  readonly path: string;
  readonly since: WolfEra;
  /** C++ name of the request type, which is its name in the schema document. */
  readonly typeName: string;
  readonly shape: (era: WolfEra) => WolfShape<T>;
  /** Four endpoints answer an unreadable body in their own way (wolf-api §2.2); the others with 500 and the parser's text. */
  readonly refuse?: (fault: string) => WolfReply;
  readonly answer: (core: WolfCore, request: T) => Promise<WolfReply> | WolfReply;
}

export function takes<T>({ path, since, typeName, shape, refuse = failure, answer }: TakesOptions<T>): WolfEndpoint {
  return {
    method: 'POST',
    path: `${API}${path}`,
    isIn: (era) => isAtLeast(era, since),
    bodySchema: (era) => ({ name: typeName.replaceAll('::', '__'), schema: shape(era).schema }),
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
