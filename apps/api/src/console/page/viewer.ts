import type { AccessAnswer } from './api-client.js';
import { Attempt, type AttemptEvents } from './attempt.js';
import { type AttemptEnding, type CloseReason, reasonOfEnding } from './ending-of-attempt.js';
import type { InputLabel } from './input-channels.js';
import { VIEWER_LIMITS } from './limits.js';
import type { SessionAccess, SessionDisplay } from './session-access.js';
import type { StreamWish } from './stream-request.js';

export type ViewerState =
  | 'signed-out'
  | 'connecting'
  | 'connected'
  | 'unstable'
  | 'reconnecting'
  | 'superseded'
  | 'refused'
  | 'stopped'
  | 'failed';

/** What the page shows of a viewer. */
export interface ViewerScreen {
  state(state: ViewerState): void;
  words(words: string, detail?: string): void;
  access(access: SessionAccess): void;
  stream(stream: MediaStream | undefined): void;
  attempts(count: number): void;
  /** A way to start again, or none. */
  offer(what: 'take-over' | 'connect' | undefined): void;
}

/** What a viewer needs of its surroundings. */
interface ViewerWorld {
  readonly access: () => Promise<AccessAnswer>;
  readonly url: () => string;
  readonly wish: (display: SessionDisplay) => StreamWish;
}

/**
 * Keeps one stream going: asks whether it may, opens it, and reopens it when it was lost and when that can help. There is
 * never more than one socket, and never more than one timer for the next.
 */
export class Viewer {
  readonly #world: ViewerWorld;
  readonly #screen: ViewerScreen;
  #attempt: Attempt | undefined;
  #access: SessionAccess | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Answers of an earlier turn come too late. */
  #turn = 0;
  #attemptCount = 0;
  #failures = 0;

  constructor(world: ViewerWorld, screen: ViewerScreen) {
    this.#world = world;
    this.#screen = screen;
  }

  get role(): 'view' | 'control' {
    return this.#access?.role ?? 'view';
  }

  /** Starts, or starts again from the beginning. */
  start(): void {
    this.stop();
    this.#access = undefined;
    this.#failures = 0;
    this.#screen.state('connecting');
    this.#screen.offer(undefined);
    this.#screen.words('Connecting …');
    void this.#ask();
  }

  /** Ends what there is, with every timer; `start` starts again. */
  stop(): void {
    this.#turn += 1;
    clearTimeout(this.#timer);
    this.#attempt?.destroy();
    this.#attempt = undefined;
  }

  /** `false` when it was not sent. */
  send(label: InputLabel, bytes: Uint8Array<ArrayBuffer>): boolean {
    return this.role === 'control' && this.#attempt?.send(label, bytes) === true;
  }

  async statistics(): Promise<RTCStatsReport | undefined> {
    return await this.#attempt?.statistics();
  }

  /** A refused upgrade tells a page nothing, so the API is asked for the reason before each attempt that may be refused. */
  async #ask(): Promise<void> {
    const turn = this.#turn;
    const answer = await this.#world.access();
    if (turn !== this.#turn) return;
    switch (answer.kind) {
      case 'access':
        this.#take(answer.access);
        return;
      case 'sign-in':
        this.#rest('signed-out', 'Sign in to see this desktop.');
        return;
      case 'refused':
        this.#rest('refused', 'This desktop is not shared with you, or no longer.');
        return;
      case 'gone':
        this.#rest('stopped', 'There is no such session.');
        return;
      case 'away':
        this.#retry('later', 'The server cannot be reached.');
        return;
      default:
        return answer satisfies never;
    }
  }

  #take(access: SessionAccess): void {
    this.#access = access;
    this.#screen.access(access);
    if (access.state === 'stopped' || access.state === 'stopping') {
      this.#rest('stopped', 'The desktop is stopped.');
    } else if (access.state === 'failed') {
      this.#rest('failed', 'The desktop could not be started.');
    } else if (access.state === 'starting') {
      this.#retry('later', 'The desktop is starting.');
    } else {
      this.#open(access.display);
    }
  }

  #open(display: SessionDisplay): void {
    this.#attemptCount += 1;
    this.#screen.attempts(this.#attemptCount);
    const turn = this.#turn;
    const current = (): boolean => turn === this.#turn;
    const events: AttemptEvents = {
      state: (state) => current() && this.#screen.state(state),
      words: (words, detail) => current() && this.#screen.words(words, detail),
      stream: (stream) => current() && this.#screen.stream(stream),
      ended: (ending, wasOpen) => current() && this.#ended(ending, wasOpen),
    };
    this.#attempt = new Attempt(this.#world.url(), this.#world.wish(display), this.role, events);
  }

  #ended(ending: AttemptEnding, wasOpen: boolean): void {
    const connectedAtMs = this.#attempt?.connectedAtMs;
    this.#attempt = undefined;
    if (connectedAtMs !== undefined && performance.now() - connectedAtMs >= VIEWER_LIMITS.steadyMs) this.#failures = 0;
    // One that was not even let in may have been refused, which the next question will tell.
    if (!wasOpen) this.#access = undefined;
    const { then, words } = reasonOfEnding(ending);
    this.#follow(then, words);
  }

  #follow(then: CloseReason['then'], words: string): void {
    switch (then) {
      case 'reconnect-now':
        this.#retry('now', words);
        return;
      case 'reconnect-later':
        this.#retry('later', words);
        return;
      case 'ended':
        this.#rest('stopped', words, 'connect');
        return;
      case 'superseded':
        this.#rest('superseded', words, 'take-over');
        return;
      case 'sign-in':
        this.#rest('signed-out', words);
        return;
      case 'refused':
        this.#rest('refused', words);
        return;
      case 'gone':
        this.#rest('stopped', words);
        return;
      case 'failed':
        this.#rest('failed', words, 'connect');
        return;
      default:
        then satisfies never;
    }
  }

  #rest(state: ViewerState, words: string, offer?: 'take-over' | 'connect'): void {
    this.stop();
    this.#screen.stream(undefined);
    this.#screen.state(state);
    this.#screen.words(words);
    this.#screen.offer(offer);
  }

  #retry(when: 'now' | 'later', words: string): void {
    this.stop();
    const turn = this.#turn;
    const delayMs = reconnectDelayMs(when, this.#failures, Math.random());
    this.#failures += 1;
    this.#screen.stream(undefined);
    this.#screen.state(this.#attemptCount === 0 ? 'connecting' : 'reconnecting');
    this.#screen.words(words, `Trying again in ${String(Math.ceil(delayMs / 1_000))} s`);
    this.#timer = setTimeout(() => {
      if (turn !== this.#turn) return;
      const known = this.#access;
      if (known === undefined || known.state === 'starting') void this.#ask();
      else this.#open(known.display);
    }, delayMs);
  }
}

/**
 * How long to wait before the next attempt. A link that is known to have moved is followed at once, but not by every page in the
 * same millisecond; after further failures it waits longer and longer, spread over the whole span (full jitter).
 * @param failures attempts in a row that came to nothing
 * @param random from 0 to 1
 */
export function reconnectDelayMs(when: 'now' | 'later', failures: number, random: number): number {
  if (when === 'now' && failures === 0) return Math.floor(random * VIEWER_LIMITS.reconnectJitterMs);
  const { reconnectMinMs: min, reconnectMaxMs: max } = VIEWER_LIMITS;
  const span = Math.min(max, min * 2 ** Math.min(failures + 1, 16)) - min;
  return min + Math.floor(random * span);
}
