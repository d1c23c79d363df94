import type { IncomingMessage } from 'node:http';
import type { ConnectionManager } from '../connections/connection-manager.js';
import {
  ADMISSION_MAX_COUNT,
  ADMISSION_TIMEOUT_MS,
  LINK_RUNNERS_MAX_COUNT,
  NEW_LINKS_BURST_COUNT,
  NEW_LINKS_PER_SECOND,
  RESUMED_LINK_COST,
} from '../limits.js';
import { asksForNewLinkElse } from '../resumable/resumption.js';
import { isRevDialError, RevDialError } from '../revdial-error.js';
import type { RevDialErrorCode } from '../revdial-error.js';
import type { RevDialLogger } from '../revdial-logger.js';
import { parseRunnerId } from '../runner-id.js';
import type { RunnerId, RunnerName } from '../runner-id.js';
import { REFUSALS, refusalOfRunner, stormRefusal } from './refusal.js';
import type { Refusal } from './refusal.js';
import { accessTokenOf } from './access-token.js';
import type { RunnerAuthorizer, RunnerPrincipal } from './runner-authorizer.js';
import { TokenBucket } from './token-bucket.js';
import type { TunnelRequest } from './tunnel-request.js';

/** Who is let in, and as which runners (control connections only; one, but for generation 3). */
export interface Admitted {
  readonly principal: RunnerPrincipal;
  readonly runners: readonly RunnerName[];
}

export type AdmissionOutcome = Admitted | { readonly refusal: Refusal } | 'left';

export interface StormLimits {
  readonly newLinksPerSecond?: number;
  readonly newLinksBurstCount?: number;
}

export interface AdmissionOptions extends StormLimits {
  readonly admissionTimeoutMs?: number;
  readonly maxAdmissionCount?: number;
  /** Of generation 3: can it be resumed at all? */
  readonly isLinkKnown?: (linkId: string) => boolean;
}

/** Decides about a peer before any upgrade (revdial-wire §4): token, runner id, right to it, and whether it is free. */
export class Admission {
  readonly #authorizer: RunnerAuthorizer;
  readonly #connections: ConnectionManager;
  readonly #logger: RevDialLogger;
  readonly #options: AdmissionOptions;
  readonly #newLinks: TokenBucket;
  #waitingCount = 0;

  constructor(
    authorizer: RunnerAuthorizer,
    connections: ConnectionManager,
    logger: RevDialLogger,
    options: AdmissionOptions = {},
  ) {
    this.#authorizer = authorizer;
    this.#connections = connections;
    this.#logger = logger;
    this.#options = options;
    this.#newLinks = new TokenBucket(
      options.newLinksPerSecond ?? NEW_LINKS_PER_SECOND,
      options.newLinksBurstCount ?? NEW_LINKS_BURST_COUNT,
    );
  }

  /**
   * Resolves in bounded time, with `left` when `signal` aborts first. Never rejects. `opensLink`: an admitted peer opens a link,
   * and uses up one of those that may be opened now.
   */
  async decide(
    request: IncomingMessage,
    asked: TunnelRequest,
    signal: AbortSignal,
    opensLink = true,
  ): Promise<AdmissionOutcome> {
    if (this.#waitingCount >= (this.#options.maxAdmissionCount ?? ADMISSION_MAX_COUNT))
      return { refusal: REFUSALS.tooMany };
    this.#waitingCount += 1;
    const timeoutMs = this.#options.admissionTimeoutMs ?? ADMISSION_TIMEOUT_MS;
    let timer: NodeJS.Timeout | undefined;
    let onAbort: (() => void) | undefined;
    const interrupted = new Promise<AdmissionOutcome>((resolve) => {
      timer = setTimeout(() => {
        this.#logger.warn({ timeoutMs }, 'the authorizer of runners does not answer');
        resolve({ refusal: REFUSALS.notNow });
      }, timeoutMs);
      onAbort = (): void => {
        resolve('left');
      };
      signal.addEventListener('abort', onAbort, { once: true });
    });
    try {
      return await Promise.race([this.#check(request, asked, opensLink), interrupted]);
    } catch (error) {
      if (isRevDialError(error, 'LIMIT_REACHED')) return { refusal: REFUSALS.tooMany };
      this.#logger.error({ err: error }, 'the authorizer of runners failed');
      return { refusal: REFUSALS.notNow };
    } finally {
      this.#waitingCount -= 1;
      clearTimeout(timer);
      if (onAbort !== undefined) signal.removeEventListener('abort', onAbort);
    }
  }

  async #check(request: IncomingMessage, asked: TunnelRequest, opensLink: boolean): Promise<AdmissionOutcome> {
    const found = accessTokenOf(request);
    const principal =
      found === undefined ? undefined : await this.#authorizer.authenticate(found.token, request.socket.remoteAddress);
    if (principal === undefined) return { refusal: REFUSALS.unauthorized };
    if (asked.purpose === 'data') return { principal, runners: [] };

    const names = asked.carrier === undefined ? asked.runnerIds.slice(0, 1) : asked.runnerIds;
    if (names.length === 0) return { refusal: REFUSALS.runnerIdMissing };
    // Older agents know the texts by heart, and name one id.
    const named = (refusal: Refusal, id: string): Refusal =>
      asked.carrier === undefined ? refusal : refusalOfRunner(refusal, id);
    const runners = new Map<RunnerId, RunnerName>();
    for (const name of names) {
      if (runners.size > LINK_RUNNERS_MAX_COUNT) break;
      const runner = parseRunnerId(name);
      if (runner === undefined) return { refusal: named(REFUSALS.runnerIdMalformed, name) };
      runners.set(runner.id, runner);
    }
    if (runners.size > LINK_RUNNERS_MAX_COUNT) return { refusal: REFUSALS.tooManyRunnerIds };
    for (const runner of runners.values()) {
      const refusal = await this.#refusalOf(principal, runner);
      if (refusal !== undefined) return { refusal: named(refusal, runner.id) };
    }
    // Only authorised peers that are about to open a link are charged to the global token bucket.
    const waitMs = opensLink ? this.#newLinks.take(this.#costOf(request, asked)) : 0;
    if (waitMs > 0) return { refusal: stormRefusal(waitMs) };
    return { principal, runners: [...runners.values()] };
  }

  #costOf(request: IncomingMessage, asked: TunnelRequest): number {
    const linkId = request.headers['revdial-resume'];
    if (asked.carrier === undefined || typeof linkId !== 'string') return 1;
    const isNewOne = asksForNewLinkElse(request.headers) && this.#options.isLinkKnown?.(linkId) !== true;
    return isNewOne ? 1 : RESUMED_LINK_COST;
  }

  async #refusalOf(principal: RunnerPrincipal, runner: RunnerName): Promise<Refusal | undefined> {
    const permission = await principal.mayOpen(runner);
    switch (permission) {
      case 'malformed':
        return REFUSALS.runnerIdMalformed;
      case 'forbidden':
        return REFUSALS.forbidden;
      case 'granted':
        break;
      default:
        return permission satisfies never;
    }
    const obstacle = this.#connections.findObstacle(runner.id, principal.name);
    return obstacle === undefined ? undefined : refusalOf(obstacle);
  }
}

/** What `ConnectionManager.register` would throw, as an HTTP answer. */
export function refusalOf(error: RevDialErrorCode | RevDialError): Refusal {
  switch (error instanceof RevDialError ? error.code : error) {
    case 'RUNNER_ID_TAKEN':
      return REFUSALS.runnerIdTaken;
    case 'SHUTTING_DOWN':
      return REFUSALS.closing;
    default:
      return REFUSALS.tooMany;
  }
}
