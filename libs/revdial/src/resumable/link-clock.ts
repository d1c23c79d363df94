import { callGuarded } from '../defect.js';
import { ACK_DELAY_MS, LINK_TURN_LATE_MS, LINK_TURN_MS } from './limits.js';

/** A link that the clock calls. */
export interface WatchedLink {
  /** Regularly, for timeouts. */
  onTurn(nowMs: number): void;
  /** The delay of an ACK is over. */
  onAckDue(): void;
}

/** The time of many links, with one timer for all of them. */
export interface LinkClock {
  /** Real milliseconds, by which round trips are measured. */
  readonly realMs: number;
  /** Milliseconds in which this process could have read from its peers: does not advance while the event loop is blocked. */
  readonly nowMs: number;
  watch(link: WatchedLink): void;
  unwatch(link: WatchedLink): void;
  /** Calls `onAckDue` once, after the delay of ACKs. */
  acknowledgeLater(link: WatchedLink): void;
}

/**
 * The clock of all links of a process. Timers run before sockets are read: after the process was busy, a turn would take peers for
 * silent whose bytes wait in the kernel. So the time by which a turn is late does not count.
 */
export class ProcessClock implements LinkClock {
  readonly #links = new Set<WatchedLink>();
  /** In the order in which they are due, since all wait equally long. */
  readonly #acks = new Map<WatchedLink, number>();
  #turnTimer: NodeJS.Timeout | undefined;
  #ackTimer: NodeJS.Timeout | undefined;
  #turnDueAtMs = 0;
  #busyMs = 0;

  get realMs(): number {
    return performance.now();
  }

  get nowMs(): number {
    const realMs = performance.now();
    // Stops while a turn is late, so that it need not go back when the turn comes.
    const countedMs = this.#turnTimer === undefined ? realMs : Math.min(realMs, this.#turnDueAtMs + LINK_TURN_LATE_MS);
    return countedMs - this.#busyMs;
  }

  watch(link: WatchedLink): void {
    this.#links.add(link);
    if (this.#turnTimer !== undefined) return;
    this.#turnDueAtMs = performance.now() + LINK_TURN_MS;
    this.#turnTimer = setInterval(this.#turn, LINK_TURN_MS);
    this.#turnTimer.unref();
  }

  unwatch(link: WatchedLink): void {
    this.#links.delete(link);
    this.#acks.delete(link);
    if (this.#links.size > 0) return;
    clearInterval(this.#turnTimer);
    clearTimeout(this.#ackTimer);
    this.#turnTimer = undefined;
    this.#ackTimer = undefined;
  }

  acknowledgeLater(link: WatchedLink): void {
    if (this.#acks.has(link)) return;
    this.#acks.set(link, performance.now() + ACK_DELAY_MS);
    this.#ackTimer ??= setTimeout(this.#sendAcks, ACK_DELAY_MS).unref();
  }

  readonly #turn = (): void => {
    const realMs = performance.now();
    const lateMs = realMs - this.#turnDueAtMs;
    if (lateMs > LINK_TURN_LATE_MS) this.#busyMs += lateMs - LINK_TURN_LATE_MS;
    this.#turnDueAtMs = realMs + LINK_TURN_MS;
    const { nowMs } = this;
    for (const link of this.#links)
      callGuarded('the turn of a link', () => {
        link.onTurn(nowMs);
      });
  };

  readonly #sendAcks = (): void => {
    this.#ackTimer = undefined;
    const realMs = performance.now();
    for (const [link, dueAtMs] of this.#acks) {
      // Timers may run a fraction of a millisecond early.
      if (dueAtMs - realMs >= 1) {
        this.#ackTimer = setTimeout(this.#sendAcks, dueAtMs - realMs).unref();
        return;
      }
      this.#acks.delete(link);
      callGuarded('the acknowledgement of a link', () => {
        link.onAckDue();
      });
    }
  };
}

/** The clock of links that are given no other. */
export const processClock = new ProcessClock();
