import { setImmediate as nextTurn } from 'node:timers/promises';
import { withDeadline } from '@helix/pacing';
import { collectBounded, RevDialError, type RunnerHttp, type RunnerHttpResponse } from '@helix/revdial';
import type { ByteBudget } from '../byte-budget.js';
import { desktopOf } from '../../session/desktop-of.js';
import { refusalOf } from '../../foreign/desktop-refusal.js';
import { SessionGate } from '../session-gate.js';
import { askDesktop } from '../../foreign/ask-plainly.js';
import { LIMITS } from '../../limits.js';
import type { SessionDirectory } from '../../session/session-directory.js';
import type { SessionId } from '../../session/session-id.js';
import { parseLogLine, type LogEntry } from './log-entry.js';
import { LogFeed } from './log-feed.js';
import { LogLineReader } from './log-line-reader.js';
import { LogQueue } from './log-queue.js';

/** The logs of desktops, as their own services tell them. */
export class LogService {
  readonly #http: RunnerHttp;
  readonly #directory: SessionDirectory;
  readonly #budget: ByteBudget;
  readonly #gate = new SessionGate('log readers', LIMITS.logReadersMaxPerSession, LIMITS.logReadersMaxCount);
  readonly #feeds = new Set<LogFeed>();
  #isClosed = false;

  constructor(http: RunnerHttp, directory: SessionDirectory, budget: ByteBudget) {
    this.#http = http;
    this.#directory = directory;
    this.#budget = budget;
  }

  /** Logs being followed now. */
  get feedCount(): number {
    return this.#feeds.size;
  }

  /**
   * The last lines, oldest first; at most `lineCount`, fewer when they are very long.
   * @throws ExternalAgentError SESSION_NOT_FOUND, NO_DESKTOP, DESKTOP_STARTING, DESKTOP_UNSUPPORTED, DESKTOP_ERROR, BUSY
   * @throws RevDialError as the tunnel fails; UPSTREAM_TIMEOUT when the log does not end, UPSTREAM_TOO_LARGE
   */
  async tail(sessionId: SessionId, lineCount: number, signal?: AbortSignal): Promise<readonly LogEntry[]> {
    desktopOf(await this.#directory.get(sessionId));
    const leave = this.#gate.enter(sessionId);
    const deadline = { isOver: false };
    const late = (): Error => {
      deadline.isOver = true;
      return new Error('the log did not end in time');
    };
    try {
      return await withDeadline(LIMITS.logTailTimeoutMs, signal, late, async (limited) => {
        const { body } = await this.#open(sessionId, `/logs?tail=${String(lineCount)}`, { signal: limited });
        const chunks = await this.#budget.during(body, () => collectBounded(body, LIMITS.logTailMaxBytes, limited));
        return await lastLines(chunks, lineCount);
      });
    } catch (error) {
      if (!deadline.isOver) throw error;
      throw new RevDialError('UPSTREAM_TIMEOUT', "the desktop's log did not end in time", { cause: error });
    } finally {
      leave();
    }
  }

  /**
   * The last lines and those that follow, until the desktop ends them, the signal aborts or this replica closes. To be read
   * to its end or destroyed.
   * @throws ExternalAgentError SESSION_NOT_FOUND, NO_DESKTOP, DESKTOP_STARTING, DESKTOP_UNSUPPORTED, DESKTOP_ERROR, BUSY
   * @throws RevDialError as the tunnel fails; SHUTTING_DOWN
   */
  async follow(sessionId: SessionId, lineCount: number, signal: AbortSignal): Promise<LogFeed> {
    desktopOf(await this.#directory.get(sessionId));
    const leave = this.#gate.enter(sessionId);
    try {
      const { body } = await this.#open(sessionId, `/logs?tail=${String(lineCount)}&follow=true`, {
        signal,
        // A log may be quiet for hours; that the desktop is there is for its link to know.
        bodyTimeoutMs: 0,
      });
      const feed = new LogFeed(body);
      this.#feeds.add(feed);
      void feed.ended.then(() => {
        this.#feeds.delete(feed);
        leave();
      });
      if (this.#isClosed) feed.destroy('SHUTTING_DOWN');
      return feed;
    } catch (error) {
      leave();
      throw error;
    }
  }

  /** Ends all that is being followed, so that a closing replica need not wait for logs without an end. Idempotent. */
  close(): void {
    this.#isClosed = true;
    for (const feed of [...this.#feeds]) feed.destroy('SHUTTING_DOWN');
  }

  async #open(
    sessionId: SessionId,
    path: string,
    options: { readonly signal: AbortSignal; readonly bodyTimeoutMs?: number },
  ): Promise<RunnerHttpResponse> {
    const response = await askDesktop(this.#http, sessionId, { method: 'GET', path, class: 'bulk', ...options });
    const refusal = refusalOf(response, 'show its log');
    if (refusal !== undefined) throw refusal;
    return response;
  }
}

/** A piece at a time, with turns for others between them. */
async function lastLines(chunks: readonly Buffer[], lineCount: number): Promise<readonly LogEntry[]> {
  const reader = new LogLineReader(LIMITS.logLineMaxLength);
  const last = new LogQueue(lineCount, LIMITS.logAnswerMaxLength);
  for (const chunk of chunks) {
    for (const line of reader.push(chunk)) last.push(parseLogLine(line));
    await nextTurn();
  }
  for (const line of reader.end()) last.push(parseLogLine(line));
  return last.take().entries;
}
