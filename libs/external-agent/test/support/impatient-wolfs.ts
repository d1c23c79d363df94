import { WolfClientFactory, type WolfCallOptions, type WolfClient } from '@helix/wolf-client';

/** Calls whose options come first; those of all others come second. */
const WITHOUT_REQUEST: ReadonlySet<string | symbol> = new Set(['listLobbies', 'listSessions', 'openEvents']);

/** Clients that give a silent Wolf up after this long, instead of the minute that suits the real one. */
export class ImpatientWolfs extends WolfClientFactory {
  limitMs = 10_000;

  override for(wolfInstanceId: string): WolfClient {
    return new Proxy(super.for(wolfInstanceId), {
      get: (client, name) => {
        const call = Reflect.get(client, name, client) as (...parameters: unknown[]) => unknown;
        return (...parameters: unknown[]) => {
          const place = WITHOUT_REQUEST.has(name) ? 0 : 1;
          const options = (parameters[place] ?? {}) as WolfCallOptions;
          parameters[place] = { ...options, timeoutMs: Math.min(options.timeoutMs ?? Infinity, this.limitMs) };
          return call.apply(client, parameters);
        };
      },
    });
  }
}
