import { JSON_TYPE, refusalsOf, type Answer, type RouteContract } from './route-contract.js';
import { faultsOf, type Shape } from './shape.js';

/** An answer as it came over HTTP. `bytes` is undefined where the body was not waited for. */
export interface ReceivedAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly bytes: Buffer | undefined;
}

const ERROR: Shape = { code: 'text', message: 'text', requestId: 'text', 'details?': {} };

/** Helix's frontend takes a text with one of these for the end of a login, and hides it (helix-rest §0). */
const AUTH_WORDS = /unauthorized|forbidden|access denied|token expired/i;
const MAY_SPEAK_OF_AUTH: ReadonlySet<unknown> = new Set(['UNAUTHENTICATED', 'FORBIDDEN', 'SESSION_FORBIDDEN']);

export interface Judgement {
  /** Which promise of its route an answer is: `200`, `200 paused`, `404 NO_DESKTOP`. */
  readonly name: string;
  /** Where it is not what was promised; empty for one that is. */
  readonly faults: readonly string[];
}

/** Holds an answer against what its route promises. */
export function judgeAnswer(contract: RouteContract, received: ReceivedAnswer): Judgement {
  const faults = faultsOfCommonHeaders(received.headers);
  const judged = Object.entries(contract.answers)
    .filter(([name]) => Number.parseInt(name, 10) === received.status)
    .map(([name, answer]) => ({ name, faults: [...faults, ...faultsOfSuccess(answer, received)] }));
  const kept = judged.find((judgement) => judgement.faults.length === 0) ?? judged[0];
  if (kept !== undefined) return kept;
  const name = `${String(received.status)} ${String(errorIn(received.bytes)['code'])}`;
  return { name, faults: [...faults, ...faultsOfRefusal(contract, name, received)] };
}

/** What Helix's frontend would show: JSON's `message`, else its `error`, else the body as it stands. */
export function shownByHelix(bytes: Buffer | undefined): string {
  const { message, error } = errorIn(bytes);
  if (typeof message === 'string') return message;
  return typeof error === 'string' ? error : (bytes?.toString() ?? '');
}

function faultsOfCommonHeaders(headers: Headers): readonly string[] {
  const faults: string[] = [];
  if (headers.get('x-content-type-options') !== 'nosniff') faults.push('X-Content-Type-Options is not nosniff');
  if ((headers.get('x-request-id') ?? '') === '') faults.push('X-Request-Id is missing');
  if (headers.get('x-powered-by') !== null) faults.push('X-Powered-By tells what it is made with');
  return faults;
}

function faultsOfSuccess({ contentType, shape, headers = {} }: Answer, received: ReceivedAnswer): readonly string[] {
  const expected: NonNullable<Answer['headers']> = { 'cache-control': 'no-store', ...lowerCased(headers) };
  const type = received.headers.get('content-type');
  return [
    ...(contentType === null && received.bytes?.length !== 0 ? ['there is a body'] : []),
    ...(contentType !== null && type?.startsWith(contentType) !== true
      ? [`Content-Type is ${String(type)}, not ${contentType}`]
      : []),
    ...Object.entries(expected).flatMap(([name, value]) => {
      const found = received.headers.get(name) ?? '';
      const isAsExpected = typeof value === 'string' ? found === value : value.test(found);
      return isAsExpected ? [] : [`${name} is ${JSON.stringify(found)}, not ${String(value)}`];
    }),
    ...(shape === undefined ? [] : faultsOf(shape, parsed(received.bytes))),
  ];
}

function faultsOfRefusal(
  contract: RouteContract,
  name: string,
  { status, headers, bytes }: ReceivedAnswer,
): readonly string[] {
  const error = errorIn(bytes);
  const retryAfter = headers.get('retry-after');
  const shown = shownByHelix(bytes);
  return [
    ...(refusalsOf(contract).some((promised) => promised === name) ? [] : [`${name} is not in the contract: ${shown}`]),
    ...(headers.get('content-type') === JSON_TYPE ? [] : ['the error is not JSON']),
    ...(headers.get('cache-control') === 'no-store' ? [] : ['the error may be kept']),
    ...faultsOf(ERROR, error),
    ...(error['requestId'] === headers.get('x-request-id') ? [] : ['requestId is not the X-Request-Id']),
    ...(shown === '' ? ['there is nothing to show'] : []),
    ...(AUTH_WORDS.test(shown) && !MAY_SPEAK_OF_AUTH.has(error['code'])
      ? [`"${shown}" would be taken for a login that ended`]
      : []),
    ...(status === 503 && !/^[1-9]\d{0,3}$/.test(retryAfter ?? '') ? ['503 without Retry-After'] : []),
    ...(status !== 503 && retryAfter !== null ? [`Retry-After on ${String(status)}`] : []),
  ];
}

function errorIn(bytes: Buffer | undefined): Readonly<Record<string, unknown>> {
  const value = parsed(bytes);
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

function parsed(bytes: Buffer | undefined): unknown {
  try {
    return JSON.parse(bytes?.toString('utf8') ?? '');
  } catch {
    return undefined;
  }
}

function lowerCased(headers: NonNullable<Answer['headers']>): NonNullable<Answer['headers']> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}
