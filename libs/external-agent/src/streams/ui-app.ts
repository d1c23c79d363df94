import { LRUCache } from 'lru-cache';
import type { WolfApp, WolfClientFactory } from '@helix/wolf-client';
import { ExternalAgentError } from '../external-agent-error.js';
import { LIMITS } from '../limits.js';

/** Titles of the app that a browser connects to until it joins a lobby, the best first (wolf-api §4.4). */
const UI_APP_TITLES = ['Wolf UI', 'Select Agent'];

/** The app to which viewers connect first, out of a host's. `undefined` where it has none at all. */
export function uiAppOf(apps: readonly WolfApp[]): WolfApp | undefined {
  const named = UI_APP_TITLES.map((title) => apps.find((app) => app.title === title));
  return named.find((candidate) => candidate !== undefined) ?? apps[0];
}

/** Which app that is on each host. Asked of a host once in a while and not for each viewer: its Wolf is one thread. */
export class UiApps {
  readonly #wolfs: WolfClientFactory;
  readonly #known = new LRUCache<string, Promise<number>>({ max: LIMITS.uiAppsRemembered, ttl: LIMITS.uiAppFreshMs });

  constructor(wolfs: WolfClientFactory) {
    this.#wolfs = wolfs;
  }

  /**
   * Moonlight's number of the app.
   * @throws ExternalAgentError STREAM_REFUSED when the host has none; WolfError
   */
  async idOn(wolfInstanceId: string): Promise<number> {
    const known = this.#known.get(wolfInstanceId);
    if (known !== undefined) return await known;
    const asked = this.#ask(wolfInstanceId);
    this.#known.set(wolfInstanceId, asked);
    // What failed is asked again by the next viewer.
    asked.catch(() => {
      if (this.#known.peek(wolfInstanceId) === asked) this.#known.delete(wolfInstanceId);
    });
    return await asked;
  }

  async #ask(wolfInstanceId: string): Promise<number> {
    const app = uiAppOf(await this.#wolfs.for(wolfInstanceId).listApps());
    const id = Number(app?.id);
    if (!Number.isInteger(id) || id < 0 || id > 0xffff_ffff) {
      throw new ExternalAgentError('STREAM_REFUSED', 'the host has no app that a viewer could connect to');
    }
    return id;
  }
}
