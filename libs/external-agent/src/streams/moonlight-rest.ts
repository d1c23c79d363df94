import type { Readable } from 'node:stream';
import type { RunnerHttp, RunnerHttpResponse } from '@helix/revdial';
import { ExternalAgentError } from '../external-agent-error.js';
import { askMoonlight } from '../foreign/ask-plainly.js';
import { LIMITS } from '../limits.js';
import type { IceServers } from './ice/ice-servers.js';
import { moonlightAnswerHeaders, type MoonlightAnswerHeaders } from './moonlight-answer-headers.js';
import type { MoonlightDialects } from './moonlight-dialects.js';
import { moonlightRefusalOf } from './moonlight-refusal.js';
import { moonlightRouteOf, type MoonlightRoute } from './moonlight-routes.js';
import { streamsNotConfigured } from './stream-policy.js';

export interface MoonlightRestConfig {
  /** The secret of the hosts' Moonlight Web; undefined: no host is asked. */
  readonly credentials: string | undefined;
  readonly dialects: MoonlightDialects;
  readonly iceServers: IceServers;
  /** What stands before `/moonlight` in a caller's URL, empty or beginning with a slash. */
  readonly basePath: string;
}

export interface MoonlightCall {
  readonly wolfInstanceId: string;
  readonly route: MoonlightRoute;
  /** The caller's own; what is not known to be harmless is left out. */
  readonly query: URLSearchParams;
  readonly accept: string | undefined;
  readonly body: Buffer | undefined;
  /** What leads a later request of the caller to the same host, such as `wolf_instance_id=gpu-1`. */
  readonly routingQuery: string;
  /** Who the caller is, for the log of a TURN server; visible ASCII without quotes. */
  readonly viewerId: string;
}

export interface MoonlightAnswer {
  readonly status: number;
  readonly headers: MoonlightAnswerHeaders;
  /** To be read to its end or destroyed; in the pieces in which the host sent it, which its clients depend on (§1.1). */
  readonly body: Readable;
}

/** Who asks, as far as hosts with users of their own are told: they trust the tunnel and know one of ours. */
const FORWARDED_USER = 'helix';

const QUERY: Readonly<Record<string, RegExp>> = {
  host_id: /^\d{1,10}$/,
  app_id: /^\d{1,10}$/,
  force_refresh: /^(?:true|false)$/,
};

/**
 * Calls to the REST interface of a host's Moonlight Web through `moonlight-<instance>`. It has one secret and no permissions,
 * so that any caller that reaches it can do everything (moonlight-web §0): who may call here is the caller's to check.
 */
export class MoonlightRest {
  readonly #http: RunnerHttp;
  readonly #config: MoonlightRestConfig;
  readonly #callCounts = new Map<string, number>();
  #callCount = 0;

  constructor(http: RunnerHttp, config: MoonlightRestConfig) {
    this.#http = http;
    this.#config = config;
  }

  get callCount(): number {
    return this.#callCount;
  }

  /** May a request mean a call on any host at all? */
  mayMean(method: string, path: string): boolean {
    return moonlightRouteOf(method, path, 'v3') !== undefined;
  }

  /** The call that a request under `/moonlight/` means on this host; `undefined` where it may mean none. */
  routeOf(wolfInstanceId: string, method: string, path: string): MoonlightRoute | undefined {
    return moonlightRouteOf(method, path, this.#config.dialects.of(wolfInstanceId));
  }

  /**
   * Resolves once the host has begun to answer. Ends with the signal, and the host hears of it.
   * @throws ExternalAgentError STREAMS_NOT_CONFIGURED, INVALID_REQUEST, BUSY, MOONLIGHT_CREDENTIALS_REFUSED,
   * MOONLIGHT_NOT_FOUND, MOONLIGHT_ERROR, MOONLIGHT_INVALID_ANSWER
   * @throws RevDialError as the tunnel fails; the answer's body ends with one as well
   */
  async call(call: MoonlightCall, signal: AbortSignal): Promise<MoonlightAnswer> {
    const { wolfInstanceId, route, body } = call;
    const path = `${route.path}${checkedQuery(call.query)}`;
    const headers = this.#headersFor(call);
    const leave = this.#enter(wolfInstanceId);
    try {
      const response = await askMoonlight(this.#http, wolfInstanceId, {
        method: route.method,
        path,
        headers,
        ...(body !== undefined && { body }),
        signal,
        headersTimeoutMs: LIMITS.moonlightHeadersMs,
        bodyTimeoutMs: route.silenceMs,
        requireFreshStream: route.method !== 'GET',
      });
      const answer = this.#answerOf(call, response);
      // Cut in the very moment it began, it has closed already.
      if (answer.body.closed) leave();
      else answer.body.once('close', leave);
      return answer;
    } catch (error) {
      leave();
      throw error;
    }
  }

  #answerOf(call: MoonlightCall, response: RunnerHttpResponse): MoonlightAnswer {
    try {
      const refusal = moonlightRefusalOf(response);
      if (refusal !== undefined) throw refusal;
      const servers = this.#config.iceServers.for(call.viewerId, new Date());
      const { basePath } = this.#config;
      const headers = moonlightAnswerHeaders(response, { basePath, query: call.routingQuery }, servers);
      return { status: response.status, headers, body: response.body };
    } catch (error) {
      response.body.destroy();
      throw error;
    }
  }

  #headersFor({ wolfInstanceId, route, accept, body }: MoonlightCall): Readonly<Record<string, string>> {
    const { credentials, dialects } = this.#config;
    if (credentials === undefined) throw streamsNotConfigured();
    return {
      authorization: `Bearer ${credentials}`,
      // A host of Helix's dialect knows no users and is told of none.
      ...(dialects.of(wolfInstanceId) !== 'helix' && { 'x-forwarded-user': FORWARDED_USER }),
      ...(accept !== undefined && /^[\x20-\x7e]{1,256}$/.test(accept) && { accept }),
      ...(body !== undefined && route.bodyType !== undefined && { 'content-type': route.bodyType }),
    };
  }

  /** Takes a place; the function returned gives it back, once however often it is called. */
  #enter(wolfInstanceId: string): () => void {
    const ofHost = this.#callCounts.get(wolfInstanceId) ?? 0;
    if (ofHost >= LIMITS.moonlightCallsMaxPerHost || this.#callCount >= LIMITS.moonlightCallsMaxCount) {
      throw new ExternalAgentError('BUSY', 'too many calls to Moonlight Web are under way; try again shortly');
    }
    this.#callCounts.set(wolfInstanceId, ofHost + 1);
    this.#callCount += 1;
    let isInside = true;
    return () => {
      if (!isInside) return;
      isInside = false;
      this.#callCount -= 1;
      const left = (this.#callCounts.get(wolfInstanceId) ?? 1) - 1;
      if (left === 0) this.#callCounts.delete(wolfInstanceId);
      else this.#callCounts.set(wolfInstanceId, left);
    };
  }
}

/** Tokens and the session that led here stay here. */
function checkedQuery(query: URLSearchParams): string {
  const passed = new URLSearchParams();
  for (const [name, pattern] of Object.entries(QUERY)) {
    const values = query.getAll(name);
    if (values.length === 0) continue;
    const [value = ''] = values;
    if (values.length > 1 || !pattern.test(value)) {
      throw new ExternalAgentError('INVALID_REQUEST', `${name} is not what Moonlight Web takes`);
    }
    passed.set(name, value);
  }
  return passed.size === 0 ? '' : `?${passed.toString()}`;
}
