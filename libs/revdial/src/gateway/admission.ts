import type { IncomingMessage } from 'node:http';
import type { ConnectionManager } from '../connections/connection-manager.js';
import { ADMISSION_MAX_COUNT, ADMISSION_TIMEOUT_MS } from '../limits.js';
import { RevDialError } from '../revdial-error.js';
import type { RevDialErrorCode } from '../revdial-error.js';
import type { RevDialLogger } from '../revdial-logger.js';
import { parseRunnerId } from '../runner-id.js';
import type { RunnerName } from '../runner-id.js';
import { REFUSALS } from './refusal.js';
import type { Refusal } from './refusal.js';
import { accessTokenOf } from './access-token.js';
import type { RunnerAuthorizer, RunnerPrincipal } from './runner-authorizer.js';
import type { TunnelRequest } from './tunnel-request.js';

/** Who is let in, and as which runner (control connections only). */
export interface Admitted {
  readonly principal: RunnerPrincipal;
  readonly runner: RunnerName | undefined;
}

export type AdmissionOutcome = Admitted | { readonly refusal: Refusal } | 'left';

export interface AdmissionOptions {
  readonly admissionTimeoutMs?: number;
  readonly maxAdmissionCount?: number;
}

/** Decides about a peer before any upgrade (revdial-wire §4): token, runner id, right to it, and whether it is free. */
export class Admission {
  readonly #authorizer: RunnerAuthorizer;
  readonly #connections: ConnectionManager;
  readonly #logger: RevDialLogger;
  readonly #options: AdmissionOptions;
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
  }

  /** Resolves in bounded time, with `left` when `signal` aborts first. Never rejects. */
  async decide(request: IncomingMessage, asked: TunnelRequest, signal: AbortSignal): Promise<AdmissionOutcome> {
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
      return await Promise.race([this.#check(request, asked), interrupted]);
    } catch (error) {
      this.#logger.error({ err: error }, 'the authorizer of runners failed');
      return { refusal: REFUSALS.notNow };
    } finally {
      this.#waitingCount -= 1;
      clearTimeout(timer);
      if (onAbort !== undefined) signal.removeEventListener('abort', onAbort);
    }
  }

  async #check(request: IncomingMessage, asked: TunnelRequest): Promise<AdmissionOutcome> {
    const found = accessTokenOf(request);
    const principal = found === undefined ? undefined : await this.#authorizer.authenticate(found.token);
    if (principal === undefined) return { refusal: REFUSALS.unauthorized };
    if (asked.purpose === 'data') return { principal, runner: undefined };

    if (asked.runnerId === undefined) return { refusal: REFUSALS.runnerIdMissing };
    const runner = parseRunnerId(asked.runnerId);
    if (runner === undefined) return { refusal: REFUSALS.runnerIdMalformed };
    const permission = await principal.mayOpen(runner);
    switch (permission) {
      case 'malformed':
        return { refusal: REFUSALS.runnerIdMalformed };
      case 'forbidden':
        return { refusal: REFUSALS.forbidden };
      case 'granted':
        break;
      default:
        return permission satisfies never;
    }
    const obstacle = this.#connections.findObstacle(runner.id, principal.name);
    return obstacle === undefined ? { principal, runner } : { refusal: refusalOf(obstacle) };
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
