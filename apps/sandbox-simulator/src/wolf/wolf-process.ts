import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { PLACEHOLDER_APP, type WolfAppEntry } from './app-catalog.js';
import type { WolfEndpoint } from './endpoint.js';
import { endpointsOf } from './endpoints/all-endpoints.js';
import { EventHub } from './event-hub.js';
import { LobbyLife } from './lobby-life.js';
import { IdleLobbyRunner, type LobbyRunner, type RunningRunner } from './lobby-runner.js';
import { LobbyTable } from './lobby-table.js';
import { Pairing } from './pairing.js';
import { PressedKeys } from './pressed-keys.js';
import { RunnerThreads } from './runner-threads.js';
import { SessionTable } from './session-table.js';
import { type WolfCore, endSilentSessions } from './wolf-core.js';
import { type WolfEra, fatalExceptionCount, isAtLeast } from './wolf-era.js';
import type { AnswerFaultKind, WolfFaults } from './wolf-faults.js';
import {
  EXCEPTION_PAUSE_MS,
  KEEP_ALIVE_INTERVAL_MS,
  QUEUE_MAX_COUNT,
  SECOND_STOP_DELAY_MS,
  SESSION_REAP_INTERVAL_MS,
} from './wolf-limits.js';
import {
  type AnswerSink,
  NOTHING,
  NOT_FOUND,
  UncaughtWolfException,
  type WolfReply,
  sendReply,
  sendSpoiltReply,
} from './wolf-reply.js';
import { type WolfRequest, WolfTransport } from './wolf-transport.js';
import { isSuspectId, stoullOrThrow } from './wolf-u64.js';

export interface SimulatedWolfOptions {
  /** At most 106 bytes: a Unix socket's path ends at 107, and one byte goes to a passing name. */
  readonly socketPath: string;
  readonly era?: WolfEra;
  /** Starts what a lobby's runner describes; without it, nothing is started and lobbies stand all the same. */
  readonly runner?: LobbyRunner;
  readonly faults?: Partial<WolfFaults>;
  readonly apps?: readonly WolfAppEntry[];
  /** In milliseconds; only ages are told by it. */
  readonly now?: () => number;
  readonly newLobbyId?: () => string;
  readonly keepAliveIntervalMs?: number;
  readonly secondStopDelayMs?: number;
  readonly sessionReapIntervalMs?: number;
}

/** Counters that outlive the process, for assertions. */
export interface WolfCounters {
  uncaughtExceptionCount: number;
  suspectIdCount: number;
  requestCount: number;
  /** By path, of those that this Wolf offers. */
  readonly requestCounts: Map<string, number>;
}

/** One life of Wolf, from its start to its crash: socket, one API thread, state in memory. */
export class WolfProcess {
  readonly core: WolfCore;
  readonly #era: WolfEra;
  readonly #faults: WolfFaults;
  readonly #counters: WolfCounters;
  readonly #endpoints: readonly WolfEndpoint[];
  readonly #transport: WolfTransport;
  readonly #queue = new RequestQueue();
  readonly #runners: RunnerThreads;
  readonly #ended = new AbortController();
  readonly #keepAliveTimer: NodeJS.Timeout;
  readonly #reaperTimer: NodeJS.Timeout;
  #exceptionCount = 0;

  constructor(options: SimulatedWolfOptions, faults: WolfFaults, counters: WolfCounters) {
    this.#era = options.era ?? 'jan26';
    this.#faults = faults;
    this.#counters = counters;
    this.#endpoints = endpointsOf(this.#era);
    this.#transport = new WolfTransport(options.socketPath, (request, sink) => {
      this.#receive(request, sink);
    });
    this.#runners = new RunnerThreads({
      runner: options.runner ?? new IdleLobbyRunner(),
      faults,
      secondStopDelayMs: options.secondStopDelayMs ?? SECOND_STOP_DELAY_MS,
      onThreadDeath: () => {
        // Only the builds of January guard their threads; before, the whole process goes (wolf-api §4.2).
        if (!isAtLeast(this.#era, 'jan26-required-mode')) void this.end();
      },
    });
    this.core = this.#makeCore(options);
    this.#keepAliveTimer = setInterval(() => {
      void this.#queue.run(() => {
        this.core.events.keepAlive();
        return Promise.resolve();
      });
    }, options.keepAliveIntervalMs ?? KEEP_ALIVE_INTERVAL_MS);
    this.#reaperTimer = setInterval(() => {
      void endSilentSessions(this.core);
    }, options.sessionReapIntervalMs ?? SESSION_REAP_INTERVAL_MS);
  }

  get isServing(): boolean {
    return !this.#ended.signal.aborted;
  }

  get connectionCount(): number {
    return this.#transport.connectionCount;
  }

  listen(): Promise<void> {
    return this.#transport.listen();
  }

  /** Keeps the API thread busy. Resolves when it is free again. */
  freeze(ms: number): Promise<void> {
    return this.#queue.run(() => this.core.wait(ms).catch(() => undefined));
  }

  /**
   * The API is no more: connections are cut and refused, the file stays. Resolves with the containers that run on.
   * Again, it resolves with the same.
   */
  async end(): Promise<readonly RunningRunner[]> {
    const running = this.#runners.abandon();
    if (this.isServing) {
      this.#ended.abort();
      this.#queue.close();
      clearInterval(this.#keepAliveTimer);
      clearInterval(this.#reaperTimer);
      await this.#transport.destroy();
    }
    return running;
  }

  removeSocketFile(): Promise<void> {
    return this.#transport.removeFile();
  }

  #makeCore(options: SimulatedWolfOptions): WolfCore {
    const parts = {
      era: this.#era,
      faults: this.#faults,
      sessions: new SessionTable(),
      lobbies: new LobbyTable(),
      events: new EventHub(this.#faults),
    };
    return {
      ...parts,
      life: new LobbyLife({ ...parts, runners: this.#runners }),
      pairing: new Pairing(),
      immediateLobbies: new Map(),
      apps: options.apps ?? [PLACEHOLDER_APP],
      keys: new PressedKeys(this.#faults),
      processRssBytes: 1_531_936_768,
      firstHealthCallAt: undefined,
      now: options.now ?? Date.now,
      newLobbyId: options.newLobbyId ?? randomUUID,
      wait: async (ms) => {
        this.#ended.signal.throwIfAborted();
        if (ms > 0) await wait(ms, undefined, { signal: this.#ended.signal });
      },
      toU64: (text) => {
        const id = stoullOrThrow(text);
        if (isSuspectId(text)) this.#counters.suspectIdCount += 1;
        return id;
      },
    };
  }

  #receive(request: WolfRequest, sink: AnswerSink): void {
    this.#counters.requestCount += 1;
    void this.#queue.run(async () => {
      try {
        await this.#answer(request, sink);
      } catch {
        // The life ended under the request: its connection is cut by now.
        sink.destroy();
      }
    });
  }

  async #answer(request: WolfRequest, sink: AnswerSink): Promise<void> {
    const fault = this.#takeAnswerFault(request.path);
    const unhandled = fault === 'silent' || fault === 'empty-unhandled';
    const reply = unhandled ? NOTHING : await this.#replyTo(request);
    await this.core.wait(this.#faults.answerDelayMs);
    if (fault !== undefined) sendSpoiltReply(sink, reply, fault);
    else if (reply.kind === 'events') this.core.events.add(sink);
    else sendReply(sink, reply);
  }

  async #replyTo({ method, path, body }: WolfRequest): Promise<WolfReply> {
    const endpoint = this.#endpoints.find((candidate) => candidate.method === method && candidate.path === path);
    if (endpoint === undefined) return NOT_FOUND;
    const { requestCounts } = this.#counters;
    requestCounts.set(path, (requestCounts.get(path) ?? 0) + 1);
    try {
      return await endpoint.answer(this.core, body);
    } catch (error) {
      if (!(error instanceof UncaughtWolfException)) throw error;
      await this.#surviveOrEnd();
      return NOTHING;
    }
  }

  /** What an uncaught exception does to the API thread (wolf-api §2.3). */
  async #surviveOrEnd(): Promise<void> {
    this.#counters.uncaughtExceptionCount += 1;
    this.#exceptionCount += 1;
    if (this.#exceptionCount >= fatalExceptionCount(this.#era)) await this.end();
    await this.core.wait(EXCEPTION_PAUSE_MS);
  }

  #takeAnswerFault(path: string): AnswerFaultKind | undefined {
    const fault = this.#faults.answer;
    if (fault === undefined || (fault.path !== undefined && fault.path !== path)) return undefined;
    if (fault.count !== undefined) {
      if (fault.count <= 0) return undefined;
      fault.count -= 1;
    }
    return fault.kind;
  }
}

/**
 * Wolf's one API thread: a job runs to its end before the next begins, keep-alives included (wolf-api §1.5). Jobs must
 * not reject.
 */
class RequestQueue {
  #last: Promise<void> = Promise.resolve();
  #count = 0;
  #closed = false;

  /** Resolves when the job is done, or at once when the thread is no more and the job is dropped. */
  run(job: () => Promise<void>): Promise<void> {
    if (this.#closed || this.#count >= QUEUE_MAX_COUNT) return Promise.resolve();
    this.#count += 1;
    const done = this.#last.then(async () => {
      if (!this.#closed) await job();
      this.#count -= 1;
    });
    this.#last = done;
    return done;
  }

  /** Drops what waits. */
  close(): void {
    this.#closed = true;
  }
}
