import type { PageElements } from './page-elements.js';
import type { SessionAccess } from './session-access.js';
import type { ViewerScreen, ViewerState } from './viewer.js';

/** Shows a viewer on the page, in words and in `data-` attributes of <main> for machines. */
export class PageScreen implements ViewerScreen {
  readonly #page: PageElements;
  #state: ViewerState = 'connecting';

  constructor(page: PageElements) {
    this.#page = page;
  }

  get current(): ViewerState {
    return this.#state;
  }

  state(state: ViewerState): void {
    const { main, signIn, token } = this.#page;
    const wasSignedOut = this.#state === 'signed-out';
    this.#state = state;
    main.dataset['state'] = state;
    signIn.hidden = state !== 'signed-out';
    if (state === 'signed-out' && !wasSignedOut) token.focus();
    if (state === 'connected') this.words('Connected');
    if (state === 'unstable') this.words('The connection is unstable.');
  }

  words(words: string, detail = ''): void {
    // The same words again would be read out again.
    if (this.#page.status.textContent !== words) this.#page.status.textContent = words;
    this.#page.detail.textContent = detail;
  }

  access({ name, role, expiresAt }: SessionAccess): void {
    const { title, access, main, keys, lock, copy, paste, video } = this.#page;
    title.textContent = name;
    document.title = `${name} – Helix`;
    video.setAttribute('aria-label', `Desktop of ${name}`);
    main.dataset['role'] = role;
    const until = expiresAt === undefined ? '' : ` Your access ends at ${expiresAt.toLocaleString()}.`;
    access.textContent =
      (role === 'control' ? 'You may work with this desktop.' : 'You may watch this desktop.') + until;
    for (const element of [keys, lock, copy, paste]) element.hidden = role !== 'control';
  }

  stream(stream: MediaStream | undefined): void {
    const { video } = this.#page;
    if (video.srcObject === (stream ?? null)) return;
    video.srcObject = stream ?? null;
    // A muted one may always play; when it may not, the browser shows its own way to begin.
    if (stream !== undefined) video.play().catch(() => undefined);
  }

  attempts(count: number): void {
    this.#page.main.dataset['attempts'] = String(count);
    this.#page.attempts.textContent = String(count);
  }

  offer(what: 'take-over' | 'connect' | undefined): void {
    const { begin } = this.#page;
    begin.hidden = what === undefined;
    begin.textContent = what === 'take-over' ? 'Show it here' : 'Connect again';
  }

  note(words: string): void {
    this.#page.notice.textContent = words;
  }
}
