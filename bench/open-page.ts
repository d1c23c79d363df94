import { KeptConnection } from './kept-connection.js';
import { firstDueMs, type PagePoll } from './page-polls.js';

/** What a browser opens to one origin. */
const CONNECTIONS_COUNT = 6;
/** Requests that a page lets wait for a connection. A server that is so far behind has failed; more would only fill memory. */
const QUEUE_MAX_COUNT = 64;

export interface PollOutcome {
  readonly poll: PagePoll['name'];
  /** From when the poll was due, so that a slow answer does not hide the ones that had to wait behind it. */
  readonly latencyMs: number;
  readonly result: 'answered' | 'missing' | 'failed';
  readonly reason: string;
}

interface Due {
  readonly poll: PagePoll;
  readonly request: Buffer;
  readonly dueAtMs: number;
}

/** One open page: polls on time whether or not the last answer has come, over a browser's connections. */
export class OpenPage {
  readonly #onOutcome: (outcome: PollOutcome) => void;
  readonly #connections: readonly KeptConnection[];
  readonly #queue: Due[] = [];
  readonly #underWay = new Set<Due>();
  readonly #timers = new Set<NodeJS.Timeout>();

  constructor(apiUrl: URL, onOutcome: (outcome: PollOutcome) => void) {
    this.#onOutcome = onOutcome;
    this.#connections = Array.from(
      { length: CONNECTIONS_COUNT },
      () => new KeptConnection(apiUrl.hostname, Number(apiUrl.port)),
    );
  }

  start(pageIndex: number, polls: readonly PagePoll[], requestOf: (poll: PagePoll) => Buffer): void {
    const openedAtMs = performance.now();
    polls.forEach((poll, index) => {
      const request = requestOf(poll);
      let dueAtMs = openedAtMs + firstDueMs(pageIndex, index, poll.periodMs);
      const wait = (): void => {
        const timer = setTimeout(
          () => {
            this.#timers.delete(timer);
            this.#ask({ poll, request, dueAtMs });
            dueAtMs += poll.periodMs;
            wait();
          },
          Math.max(dueAtMs - performance.now(), 0),
        );
        this.#timers.add(timer);
      };
      wait();
    });
  }

  /** How long each request that is due and not answered has waited. */
  waitingMs(): readonly number[] {
    const now = performance.now();
    return [...this.#queue, ...this.#underWay].map(({ dueAtMs }) => now - dueAtMs);
  }

  destroy(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    for (const connection of this.#connections) connection.destroy();
    this.#queue.length = 0;
    this.#underWay.clear();
  }

  #ask(due: Due): void {
    if (this.#queue.length >= QUEUE_MAX_COUNT) this.#tell(due, 'failed', 'the page waits for too many answers');
    else {
      this.#queue.push(due);
      this.#next();
    }
  }

  #next(): void {
    const connection = this.#connections.find((one) => !one.isBusy);
    const due = connection === undefined ? undefined : this.#queue.shift();
    if (connection === undefined || due === undefined) return;
    this.#underWay.add(due);
    connection.send(due.request, (answer) => {
      this.#underWay.delete(due);
      const { mayBeMissing, minBodyBytes } = due.poll;
      if (answer instanceof Error) this.#tell(due, 'failed', answer.message);
      else if (answer.status === 404 && mayBeMissing) this.#tell(due, 'missing', '');
      else if (answer.status !== 200) this.#tell(due, 'failed', `status ${String(answer.status)}`);
      else if (answer.bodyBytes < minBodyBytes)
        this.#tell(due, 'failed', `a body of ${String(answer.bodyBytes)} bytes`);
      else this.#tell(due, 'answered', '');
      this.#next();
    });
  }

  #tell({ poll, dueAtMs }: Due, result: PollOutcome['result'], reason: string): void {
    this.#onOutcome({ poll: poll.name, latencyMs: performance.now() - dueAtMs, result, reason });
  }
}
