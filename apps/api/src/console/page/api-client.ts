import type { Credential } from './credentials.js';
import { VIEWER_LIMITS } from './limits.js';
import { parseSessionAccess, type SessionAccess } from './session-access.js';

export type AccessAnswer =
  | { readonly kind: 'access'; readonly access: SessionAccess }
  | { readonly kind: 'sign-in' | 'refused' | 'gone' }
  /** No answer that says anything; it may pass. */
  | { readonly kind: 'away' };

export interface Clipboard {
  readonly type: 'text' | 'image';
  readonly data: string;
}

/** What the page asks of the API besides the stream, as the viewer. */
export class ApiClient {
  /** Where the API is, ending with a slash. */
  readonly #base: URL;
  readonly #sessionId: string;
  readonly #credential: () => Credential;

  constructor(base: URL, sessionId: string, credential: () => Credential) {
    this.#base = base;
    this.#sessionId = encodeURIComponent(sessionId);
    this.#credential = credential;
  }

  async access(): Promise<AccessAnswer> {
    try {
      const answer = await this.#ask('GET', `api/v1/sessions/${this.#sessionId}/access`);
      // The token of an ended share is unknown; signing in would not bring it back.
      if (answer.status === 401) return { kind: this.#credential().kind === 'share' ? 'refused' : 'sign-in' };
      if (answer.status === 403) return { kind: 'refused' };
      if (answer.status === 404) return { kind: 'gone' };
      const access = answer.ok ? parseSessionAccess(await answer.json()) : undefined;
      return access === undefined ? { kind: 'away' } : { kind: 'access', access };
    } catch {
      return { kind: 'away' };
    }
  }

  /** Reports work with the desktop. When it does not arrive, the next one does. */
  async reportActivity(): Promise<void> {
    await this.#ask('POST', `api/v1/sessions/${this.#sessionId}/activity`).catch(() => undefined);
  }

  /** `undefined` for an empty one. @throws Error with words for the user */
  async readClipboard(): Promise<Clipboard | undefined> {
    const answer = await this.#ask('GET', this.#clipboard);
    if (!answer.ok) throw new Error(`the desktop did not give it (${String(answer.status)})`);
    const text = await answer.text();
    if (text === '') return undefined;
    const body: unknown = JSON.parse(text);
    if (typeof body !== 'object' || body === null) return undefined;
    const { type, data }: Readonly<Record<string, unknown>> = { ...body };
    if ((type !== 'text' && type !== 'image') || typeof data !== 'string') return undefined;
    return { type, data };
  }

  /** @throws Error with words for the user */
  async writeClipboard(clipboard: Clipboard): Promise<void> {
    const body = JSON.stringify(clipboard);
    if (new Blob([body]).size > VIEWER_LIMITS.clipboardMaxBytes) throw new Error('more than 20 MiB do not fit');
    const answer = await this.#ask('POST', this.#clipboard, body);
    if (!answer.ok) throw new Error(`the desktop did not take it (${String(answer.status)})`);
  }

  get #clipboard(): string {
    return `api/v1/external-agents/${this.#sessionId}/clipboard`;
  }

  async #ask(method: 'GET' | 'POST', path: string, body?: string): Promise<Response> {
    const credential = this.#credential();
    return await fetch(new URL(path, this.#base), {
      method,
      cache: 'no-store',
      // The cookie of another user must not come before the token.
      credentials: credential.kind === 'cookie' ? 'same-origin' : 'omit',
      headers: {
        ...(credential.kind !== 'cookie' && { Authorization: `Bearer ${credential.token}` }),
        ...(body !== undefined && { 'Content-Type': 'application/json' }),
      },
      ...(body !== undefined && { body }),
      signal: AbortSignal.timeout(VIEWER_LIMITS.requestMs),
    });
  }
}
