import { VIEWER_LIMITS } from './limits.js';

/** `sessionStorage`, or what stands for it. */
export interface KeptTexts {
  getItem(name: string): string | null;
  setItem(name: string, text: string): void;
  removeItem(name: string): void;
}

/** Who watches: the user whom the browser's cookie names, the holder of a pasted token, or that of a share link. */
export type Credential =
  | { readonly kind: 'cookie' }
  | { readonly kind: 'token'; readonly token: string }
  | { readonly kind: 'share'; readonly token: string };

const TOKEN = 'helix:token';
const SHARE_OF = 'helix:share:';
const VIEWER = 'helix:viewer';
const VISIBLE = /^[\x21-\x7e]+$/;

/** What this tab knows of who watches. It is forgotten with the tab, and no other tab sees it. */
export class Credentials {
  readonly #kept: KeptTexts;
  readonly #sessionId: string;

  constructor(kept: KeptTexts, sessionId: string) {
    this.#kept = kept;
    this.#sessionId = sessionId;
  }

  /** A share link is for one session and comes first: a user who followed it means to use it. */
  get current(): Credential {
    const share = this.#kept.getItem(SHARE_OF + this.#sessionId);
    if (share !== null) return { kind: 'share', token: share };
    const token = this.#kept.getItem(TOKEN);
    return token === null ? { kind: 'cookie' } : { kind: 'token', token };
  }

  /** Takes the token out of a share link's fragment; `false` when there is none. */
  takeShare(fragment: string): boolean {
    const token = new URLSearchParams(fragment.replace(/^#/, '')).get('share') ?? '';
    if (!token.startsWith('hs-') || !isToken(token)) return false;
    this.#kept.setItem(SHARE_OF + this.#sessionId, token);
    return true;
  }

  /** Takes what was pasted; `false` for what can be no token. */
  takeToken(text: string): boolean {
    const token = text.trim().replace(/^Bearer\s+/i, '');
    if (!isToken(token)) return false;
    this.#kept.removeItem(SHARE_OF + this.#sessionId);
    if (token.startsWith('hs-')) this.#kept.setItem(SHARE_OF + this.#sessionId, token);
    else this.#kept.setItem(TOKEN, token);
    return true;
  }

  /** Back to the cookie. */
  forget(): void {
    this.#kept.removeItem(SHARE_OF + this.#sessionId);
    this.#kept.removeItem(TOKEN);
  }

  /** Names this tab to the server, also after the page was loaded again. */
  viewerId(make: () => string): string {
    const kept = this.#kept.getItem(VIEWER);
    if (kept !== null && /^[0-9a-f-]{36}$/.test(kept)) return kept;
    const made = make();
    this.#kept.setItem(VIEWER, made);
    return made;
  }
}

function isToken(text: string): boolean {
  return text.length > 3 && text.length <= VIEWER_LIMITS.tokenMaxLength && VISIBLE.test(text);
}
