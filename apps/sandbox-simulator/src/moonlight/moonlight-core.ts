import type { MoonlightSession, SessionCore } from './moonlight-session.js';
import type { BoundedLog, InitRecord, Violation } from './moonlight-status.js';

/** What the requests and streams of one Moonlight Web work on. */
export interface MoonlightCore extends SessionCore {
  /** Null: clients need none, which only K can do. */
  readonly credentials: string | null;
  readonly host: MoonlightHost;
  readonly registry: SessionRegistry;
  readonly violations: BoundedLog<Violation>;
  readonly inits: BoundedLog<InitRecord>;
}

/** The one host that `data.json` seeds (moonlight-web §1, notes). */
export interface MoonlightHost {
  readonly id: number;
  isPaired: boolean;
  isRemoved: boolean;
}

/** Sessions by their id, and those that lost their id to another one (moonlight-web §2, race b). */
export class SessionRegistry {
  readonly #listed = new Map<string, MoonlightSession>();
  readonly #living = new Set<MoonlightSession>();
  readonly #releases = new Set<NodeJS.Timeout>();

  find(sessionId: string): MoonlightSession | undefined {
    return this.#listed.get(sessionId);
  }

  list(): readonly MoonlightSession[] {
    return [...this.#listed.values()];
  }

  living(): readonly MoonlightSession[] {
    return [...this.#living];
  }

  add(session: MoonlightSession): void {
    this.#listed.set(session.sessionId, session);
    this.#living.add(session);
  }

  /** The session has ended; its id is free again after this long, or never. */
  release(session: MoonlightSession, afterMs: number | 'never'): void {
    this.#living.delete(session);
    if (afterMs === 'never') return;
    if (afterMs === 0) {
      this.#unlist(session);
      return;
    }
    const release = setTimeout(() => {
      this.#releases.delete(release);
      this.#unlist(session);
    }, afterMs);
    this.#releases.add(release);
  }

  async close(): Promise<void> {
    await Promise.all(this.living().map((session) => session.end({})));
    for (const release of this.#releases) clearTimeout(release);
    this.#listed.clear();
  }

  #unlist(session: MoonlightSession): void {
    if (this.#listed.get(session.sessionId) === session) this.#listed.delete(session.sessionId);
  }
}
