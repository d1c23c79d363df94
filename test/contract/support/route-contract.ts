import type { Shape } from './shape.js';

/** Who is let in; strangers of each kind and what they are told follow from it (docs/routes.md). */
export type Audience = 'public' | 'user' | 'session owner' | 'session viewer' | 'session controller' | 'admin' | 'host';

/** A success as a client reads it. */
export interface Answer {
  /** Exact, or how it begins; `null` for an answer without a body. */
  readonly contentType: string | null;
  /** Of a JSON body. */
  readonly shape?: Shape;
  /** Beside those that every answer has. `Cache-Control: no-store` is the default. */
  readonly headers?: Readonly<Record<string, string | RegExp>>;
}

/** `<status> <code>`, such as `404 NO_DESKTOP`. */
export type Refusal = `${number} ${string}`;

export interface RouteContract {
  /** The section of Helix's REST reference that this is from; `ours` where Helix has no such route. */
  readonly reference: string;
  readonly audience: Audience;
  /** By status, with a word after it where one status has several. */
  readonly answers: Readonly<Record<number | `${number} ${string}`, Answer>>;
  /** Beside those that the audience brings about. */
  readonly refusals?: readonly Refusal[];
}

/** By `<METHOD> <path>`, as docs/openapi.json writes paths. */
export type RouteTable = Readonly<Record<string, RouteContract>>;

export const JSON_TYPE = 'application/json; charset=utf-8';

export function json(shape: Shape, headers: Answer['headers'] = {}): Answer {
  return { contentType: JSON_TYPE, shape, headers };
}

export const NO_BODY: Answer = { contentType: null };

/** Those who are not let in, and what is not there. */
const STRANGERS: Readonly<Record<Audience, readonly Refusal[]>> = {
  public: [],
  user: ['401 UNAUTHENTICATED', '403 FORBIDDEN'],
  'session owner': ['401 UNAUTHENTICATED', '403 FORBIDDEN', '404 SESSION_NOT_FOUND'],
  'session viewer': ['401 UNAUTHENTICATED', '403 FORBIDDEN', '404 SESSION_NOT_FOUND'],
  'session controller': ['401 UNAUTHENTICATED', '403 FORBIDDEN', '404 SESSION_NOT_FOUND'],
  admin: ['401 UNAUTHENTICATED', '403 FORBIDDEN'],
  host: ['401 UNAUTHENTICATED', '403 FORBIDDEN'],
};

export function refusalsOf(contract: RouteContract): readonly Refusal[] {
  return [...STRANGERS[contract.audience], ...(contract.refusals ?? [])];
}
