import { withDeadline } from '@helix/pacing';
import { readBounded, RevDialError, type RunnerHttp } from '@helix/revdial';
import { LRUCache } from 'lru-cache';
import { ExternalAgentError } from '../external-agent-error.js';
import { askMoonlight } from '../foreign/ask-plainly.js';
import { LIMITS } from '../limits.js';
import { moonlightRefusalOf } from './moonlight-refusal.js';
import { readMoonlightStatus, type MoonlightStatusReport } from './read-moonlight-status.js';
import { streamsNotConfigured } from './stream-policy.js';

const WHOLE = '/api/admin/status';
/** Of hosts that do not know the other (moonlight-web §1). */
const SESSIONS_ONLY = '/api/sessions';

export interface MoonlightStatusConfig {
  /** The secret of the hosts' Moonlight Web; undefined: no host is asked. */
  readonly credentials: string | undefined;
  /** Does the host's link for it stand? Who asks every few seconds does not wait for one that may come back. */
  readonly isConnected: (wolfInstanceId: string) => boolean;
  /** In place of the limit. */
  readonly timeoutMs?: number;
}

/** What streams a host's Moonlight Web carries, asked through `moonlight-<instance>`. */
export class MoonlightStatus {
  readonly #http: RunnerHttp;
  readonly #config: MoonlightStatusConfig;
  /** Hosts that know the older question only. */
  readonly #older = new LRUCache<string, true>({
    max: LIMITS.moonlightStatusHostsRemembered,
    ttl: LIMITS.moonlightStatusRememberedMs,
  });

  constructor(http: RunnerHttp, config: MoonlightStatusConfig) {
    this.#http = http;
    this.#config = config;
  }

  /**
   * As it is now, within eight seconds for all of it.
   * @throws ExternalAgentError STREAMS_NOT_CONFIGURED, MOONLIGHT_CREDENTIALS_REFUSED, MOONLIGHT_ERROR, MOONLIGHT_INVALID_ANSWER
   * @throws RevDialError as the tunnel fails: RUNNER_NOT_CONNECTED, UPSTREAM_TIMEOUT, …
   */
  async read(wolfInstanceId: string, signal: AbortSignal): Promise<MoonlightStatusReport> {
    if (this.#config.credentials === undefined) throw streamsNotConfigured();
    if (!this.#config.isConnected(wolfInstanceId)) {
      throw new RevDialError('RUNNER_NOT_CONNECTED', `moonlight-${wolfInstanceId} is not connected`);
    }
    const deadline = { isOver: false };
    const late = (): Error => {
      deadline.isOver = true;
      return new Error('the streams were not told in time');
    };
    try {
      return await withDeadline(this.#config.timeoutMs ?? LIMITS.moonlightStatusMs, signal, late, (limited) =>
        this.#readEither(wolfInstanceId, limited),
      );
    } catch (error) {
      if (!deadline.isOver) throw error;
      throw new RevDialError('UPSTREAM_TIMEOUT', 'the host’s Moonlight Web did not tell its streams in time', {
        cause: error,
      });
    }
  }

  async #readEither(wolfInstanceId: string, signal: AbortSignal): Promise<MoonlightStatusReport> {
    if (!this.#older.has(wolfInstanceId)) {
      const report = await this.#ask(wolfInstanceId, WHOLE, signal);
      if (report !== undefined) return report;
    }
    const report = await this.#ask(wolfInstanceId, SESSIONS_ONLY, signal);
    if (report === undefined) throw notThere();
    this.#older.set(wolfInstanceId, true);
    return report;
  }

  /** `undefined` when there is no such path. */
  async #ask(wolfInstanceId: string, path: string, signal: AbortSignal): Promise<MoonlightStatusReport | undefined> {
    const response = await askMoonlight(this.#http, wolfInstanceId, {
      method: 'GET',
      path,
      headers: { authorization: `Bearer ${this.#config.credentials ?? ''}`, accept: 'application/json' },
      signal,
    });
    const refusal = moonlightRefusalOf(response);
    if (refusal !== undefined) {
      response.body.destroy();
      if (refusal.code === 'MOONLIGHT_NOT_FOUND') return undefined;
      throw refusal;
    }
    const report = readMoonlightStatus(await readBounded(response.body, LIMITS.moonlightStatusMaxBytes, signal));
    if (report !== undefined) return report;
    throw new ExternalAgentError(
      'MOONLIGHT_INVALID_ANSWER',
      'the host’s Moonlight Web told no streams that can be read',
    );
  }
}

function notThere(): ExternalAgentError {
  return new ExternalAgentError('MOONLIGHT_ERROR', 'the host’s Moonlight Web does not tell its streams', {
    details: { upstreamStatus: 404 },
  });
}
