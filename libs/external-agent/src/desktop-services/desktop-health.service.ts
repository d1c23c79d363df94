import { withDeadline } from '@helix/pacing';
import { parseForeignJson, readBounded, SMALL_JSON, type RunnerHttp } from '@helix/revdial';
import { askDesktop } from '../foreign/ask-plainly.js';
import { LIMITS } from '../limits.js';
import type { SessionId } from '../session/session-id.js';
import { SingleFlight } from '../single-flight.js';

/** What a desktop says of itself, in its own keys. */
export type DesktopHealth = Readonly<Record<string, string | number | boolean>>;

/** The health of desktops, as they tell it: something to show and nothing to decide by. */
export class DesktopHealthService {
  readonly #http: RunnerHttp;
  readonly #flights = new SingleFlight<SessionId, DesktopHealth | undefined>();

  constructor(http: RunnerHttp) {
    this.#http = http;
  }

  /** Asks the desktop; `undefined` when it says nothing sensible within two seconds. Never rejects. */
  async find(sessionId: SessionId, signal?: AbortSignal): Promise<DesktopHealth | undefined> {
    if (!this.#flights.has(sessionId) && this.#flights.size >= LIMITS.healthMaxInFlight) return undefined;
    try {
      return await this.#flights.run(sessionId, signal, (shared) =>
        withDeadline(LIMITS.healthTimeoutMs, shared, late, (limited) => this.#ask(sessionId, limited)),
      );
    } catch {
      return undefined;
    }
  }

  async #ask(sessionId: SessionId, signal: AbortSignal): Promise<DesktopHealth | undefined> {
    const response = await askDesktop(this.#http, sessionId, {
      method: 'GET',
      path: '/health',
      signal,
    });
    if (response.status !== 200) {
      response.body.destroy();
      return undefined;
    }
    return parseHealth(await readBounded(response.body, LIMITS.healthMaxBytes, signal));
  }
}

function late(): Error {
  return new Error('the desktop did not tell its health in time');
}

/** The plain facts of an answer; nested, long and surplus ones are left out. */
function parseHealth(json: Buffer): DesktopHealth | undefined {
  const value = parseForeignJson(json, SMALL_JSON);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const facts = new Map<string, string | number | boolean>();
  for (const [name, fact] of Object.entries(value)) {
    if (facts.size === LIMITS.healthFactsMaxCount) break;
    if (!/^\w{1,64}$/.test(name)) continue;
    if (typeof fact === 'number' || typeof fact === 'boolean') facts.set(name, fact);
    else if (typeof fact === 'string' && fact.length <= LIMITS.healthFactMaxLength) facts.set(name, fact);
  }
  return facts.size === 0 ? undefined : Object.fromEntries(facts);
}
