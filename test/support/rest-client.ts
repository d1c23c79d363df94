/** An answer as a client of the API sees it. */
export interface RestAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly bytes: Buffer;
  /** The body as JSON. */
  readonly body: Record<string, unknown>;
}

/** A caller of the API with one key, or with none. */
export class RestClient {
  constructor(
    readonly baseUrl: string,
    readonly key: string | undefined,
  ) {}

  get(path: string, headers: Readonly<Record<string, string>> = {}): Promise<RestAnswer> {
    return this.send('GET', path, undefined, headers);
  }

  post(path: string, body?: unknown, headers: Readonly<Record<string, string>> = {}): Promise<RestAnswer> {
    return this.send('POST', path, body, headers);
  }

  delete(path: string): Promise<RestAnswer> {
    return this.send('DELETE', path);
  }

  async send(
    method: string,
    path: string,
    body?: unknown,
    headers: Readonly<Record<string, string>> = {},
    signal: AbortSignal = AbortSignal.timeout(120_000),
  ): Promise<RestAnswer> {
    const response = await fetch(this.baseUrl + path, {
      method,
      headers: {
        ...(this.key !== undefined && { authorization: `Bearer ${this.key}` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      signal,
    });
    const bytes = Buffer.from(await response.arrayBuffer());
    return {
      status: response.status,
      headers: response.headers,
      bytes,
      get body() {
        return JSON.parse(bytes.toString('utf8')) as Record<string, unknown>;
      },
    };
  }
}
