import type { SessionDirectory, SessionEntity, SessionFeed, SessionId, SessionView } from '../../src/index.js';

/** What a user who watches one session is shown, step by step, from the moment at which there is a session. */
export class ShownTrail {
  /**
   * States with their reasons, such as `failed:START_FAILED(WOLF_TIMEOUT)`. How often something is tried again is a matter of
   * time: steps that bear the reason of a try before are told once.
   */
  readonly states: string[] = [];
  /** As Helix's frontend shows it. `there` is a live view, whether a viewer has joined it or not. */
  readonly pages: string[] = [];
  /** Looks which told that there is no desktop although there was one, and its owner wants it. */
  readonly lies: string[] = [];
  readonly #feed: SessionFeed;
  readonly #isThere: () => boolean;
  readonly #ends: (() => void)[] = [];
  #isWatched = false;

  constructor(id: SessionId, directory: SessionDirectory, feed: SessionFeed, isThere: () => boolean) {
    this.#feed = feed;
    this.#isThere = isThere;
    this.#ends.push(
      directory.subscribe((session) => {
        if (session.id === id) this.begin(session);
      }),
    );
  }

  begin(session: SessionEntity): void {
    if (this.#isWatched) return;
    this.#isWatched = true;
    this.#ends.push(
      this.#feed.watch(session, (view) => {
        this.#take(view);
      }),
    );
  }

  end(): void {
    for (const end of this.#ends) end();
  }

  #take({ session, appState }: SessionView): void {
    const { code, message = '' } = session.reason ?? {};
    const cause = /\(([A-Z_]+)\)/.exec(message)?.[1];
    const reason = code === undefined ? '' : `:${code}${cause === undefined ? '' : `(${cause})`}`;
    const step = session.state + reason;
    if (step !== this.states.at(-1) && !(reason !== '' && this.states.includes(step))) this.states.push(step);
    const page = appState === 'running' || appState === 'resumable' ? 'there' : appState;
    if (page !== this.pages.at(-1)) this.pages.push(page);
    if (page === 'absent' && session.desired === 'running' && this.#isThere()) this.lies.push(step);
  }
}
