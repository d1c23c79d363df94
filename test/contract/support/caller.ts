import type { RestAnswer } from '../../support/rest-client.js';
import type { ContractRun } from './contract-run.js';

export interface Question {
  /** In place of `{id}`, or what the path has instead. */
  readonly id?: string | undefined;
  /** In place of `{shareId}`. */
  readonly shareId?: string | undefined;
  /** In place of `{viewerId}`. */
  readonly viewerId?: string | undefined;
  /** In place of `{path}`. */
  readonly path?: string;
  readonly query?: Readonly<Record<string, string>>;
  /** Sent as JSON; a text or bytes as they stand. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** How a client brings its token (helix-rest §1.1). */
export type TokenForm = 'bearer' | 'cookie' | 'query';

/** A client of the API: what it is answered is held against the contract of the route before the test looks at it. */
export class Caller {
  constructor(
    private readonly baseUrl: string,
    readonly run: ContractRun,
    readonly key: string | undefined,
    private readonly form: TokenForm = 'bearer',
  ) {}

  by(form: TokenForm): Caller {
    return new Caller(this.baseUrl, this.run, this.key, form);
  }

  async ask(route: string, question: Question = {}): Promise<RestAnswer> {
    const response = await this.#fetch(route, question, AbortSignal.timeout(60_000));
    const bytes = Buffer.from(await response.arrayBuffer());
    const { status, headers } = response;
    this.run.judge(route, { status, headers, bytes });
    return {
      status,
      headers,
      bytes,
      get body() {
        return JSON.parse(bytes.toString('utf8')) as Record<string, unknown>;
      },
    };
  }

  /** The text of an answer that goes on, until it satisfies; then the caller leaves. */
  async listen(route: string, question: Question, isEnough: (text: string) => boolean): Promise<string> {
    const leave = new AbortController();
    const { status, headers, body } = await this.#fetch(route, question, leave.signal);
    this.run.judge(route, { status, headers, bytes: undefined });
    const decoder = new TextDecoder();
    let text = '';
    for await (const piece of body ?? []) {
      text += decoder.decode(piece as Uint8Array, { stream: true });
      if (isEnough(text)) break;
    }
    leave.abort();
    return text;
  }

  async #fetch(
    route: string,
    { id, shareId, viewerId, path: rest, query = {}, body, headers }: Question,
    signal: AbortSignal,
  ): Promise<Response> {
    const [method = '', path = ''] = route.split(' ');
    const filled = path
      .replace(/\{(?:id|file)\}/, encodeURIComponent(id ?? ''))
      .replace('{shareId}', encodeURIComponent(shareId ?? ''))
      .replace('{viewerId}', encodeURIComponent(viewerId ?? ''))
      .replace('{path}', rest ?? 'x');
    const url = new URL(this.baseUrl + filled);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    if (this.key !== undefined && this.form === 'query') url.searchParams.set('access_token', this.key);
    const isJson = body !== undefined && !(body instanceof FormData);
    return await fetch(url, {
      method,
      headers: {
        ...(this.key !== undefined && this.form === 'bearer' && { authorization: `Bearer ${this.key}` }),
        ...(this.key !== undefined && this.form === 'cookie' && { cookie: `theme=dark; access_token=${this.key}` }),
        ...(isJson && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: bodyOf(body) }),
      signal,
    });
  }
}

function bodyOf(body: unknown): NonNullable<RequestInit['body']> {
  if (typeof body === 'string' || body instanceof FormData || body instanceof Uint8Array) return body;
  return JSON.stringify(body);
}
