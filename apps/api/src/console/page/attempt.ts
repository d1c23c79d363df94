import type { AttemptEnding } from './ending-of-attempt.js';
import { firstMessage } from './first-message.js';
import type { InputLabel } from './input-channels.js';
import { VIEWER_LIMITS } from './limits.js';
import { Peer } from './peer.js';
import { parseServerMessage, type ServerMessage } from './server-message.js';
import { newsOfStageComplete, newsOfStageStarting, wordsOfStageFailed, type StageNews } from './stage-words.js';
import type { StreamWish } from './stream-request.js';

type AttemptState = 'connecting' | 'connected' | 'unstable' | 'reconnecting';

export interface AttemptEvents {
  readonly state: (state: AttemptState) => void;
  readonly words: (words: string, detail?: string) => void;
  readonly stream: (stream: MediaStream) => void;
  /** Once, and nothing after it. `wasOpen`: did the server let it in at all? */
  readonly ended: (ending: AttemptEnding, wasOpen: boolean) => void;
}

/** As browsers say of a connection that ended without a close. */
const LOST = 1006;

/** One socket and the one connection that it brings about, from opening to its end. */
export class Attempt {
  /** When picture and sound could first be had, on the clock of `performance`. */
  connectedAtMs: number | undefined;
  readonly #socket: WebSocket;
  readonly #role: 'view' | 'control';
  readonly #events: AttemptEvents;
  readonly #early: Extract<ServerMessage, { readonly kind: 'description' | 'candidate' }>[] = [];
  #peer: Peer | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #state: AttemptState = 'connecting';
  #link: 'steady' | 'unstable' | 'host-reconnecting' = 'steady';
  #peerState: RTCPeerConnectionState = 'new';
  #isPoor = false;
  #isComplete = false;
  #wasOpen = false;
  #wasTerminated = false;
  #isOver = false;
  #word: string | undefined;
  #failure: string | undefined;

  constructor(url: string, wish: StreamWish, role: 'view' | 'control', events: AttemptEvents) {
    this.#role = role;
    this.#events = events;
    this.#socket = new WebSocket(url);
    this.#socket.addEventListener('open', () => {
      this.#wasOpen = true;
      this.#socket.send(firstMessage(wish));
      events.words('Waiting for the host …');
    });
    this.#socket.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
      const message = typeof data === 'string' ? parseServerMessage(data) : undefined;
      if (!this.#isOver && message !== undefined) this.#hear(message);
    });
    this.#socket.addEventListener('close', ({ code }) => this.#end(code));
    this.#endAfter(VIEWER_LIMITS.firstWordMs);
  }

  /** `false` when it was not sent. */
  send(label: InputLabel, bytes: Uint8Array<ArrayBuffer>): boolean {
    return this.#peer?.channels.send(label, bytes) === true;
  }

  async statistics(): Promise<RTCStatsReport | undefined> {
    return await this.#peer?.statistics();
  }

  /** Ends it without calling back. */
  destroy(): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
    this.#peer?.close();
    this.#socket.close(1000);
  }

  #hear(message: ServerMessage): void {
    // Its first word is there; an end that is expected is not put off by more of them.
    if (!this.#isEnding) clearTimeout(this.#timer);
    switch (message.kind) {
      case 'ice-servers':
        this.#connect(message.servers);
        return;
      case 'description':
      case 'candidate':
        if (this.#peer !== undefined) this.#peer.take(message);
        else if (this.#early.length < VIEWER_LIMITS.candidatesWaitingMax) this.#early.push(message);
        return;
      case 'stage-starting':
        this.#tell(newsOfStageStarting(message.stage));
        return;
      case 'stage-complete':
        this.#tell(newsOfStageComplete(message.stage));
        return;
      case 'stage-failed':
        this.#failure = wordsOfStageFailed(message.stage, message.errorCode);
        this.#events.words(this.#failure);
        return;
      case 'complete':
        this.#isComplete = true;
        this.#weigh();
        return;
      case 'terminated':
        this.#terminate();
        return;
      case 'error':
        this.#word = message.word;
        this.#endAfter(VIEWER_LIMITS.closePatienceMs);
        return;
      default:
        return message satisfies never;
    }
  }

  #connect(servers: Extract<ServerMessage, { readonly kind: 'ice-servers' }>['servers']): void {
    // A second list is for a connection that there is already.
    if (this.#peer !== undefined) return;
    this.#peer = new Peer(servers, this.#role, {
      signal: (text) => {
        if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(text);
      },
      stream: (stream) => this.#isOver || this.#events.stream(stream),
      state: (state) => {
        this.#peerState = state;
        if (state === 'failed') this.#end(LOST);
        else this.#weigh();
      },
      general: (text) => this.#hearGeneral(text),
      failed: () => this.#end(LOST),
    });
    this.#peer.start(this.#early.splice(0));
  }

  #hearGeneral(text: string): void {
    if (text === '"ConnectionTerminated"') this.#terminate();
    const status = /^\{"ConnectionStatusUpdate":\{"status":"(Ok|Poor)"\}\}$/.exec(text)?.[1];
    if (status === undefined) return;
    this.#isPoor = status === 'Poor';
    this.#weigh();
  }

  /** The host does not always close after this. */
  #terminate(): void {
    if (this.#wasTerminated || this.#isOver) return;
    this.#wasTerminated = true;
    this.#events.words('The desktop ended the stream.');
    this.#endAfter(VIEWER_LIMITS.closePatienceMs);
  }

  #tell({ kind, words, detail }: StageNews): void {
    if (kind !== 'step') this.#link = kind === 'steady-again' ? 'steady' : kind;
    this.#weigh();
    this.#events.words(words, detail);
  }

  #weigh(): void {
    if (this.#isOver) return;
    const isThere = this.#isComplete && this.#peerState === 'connected';
    if (isThere) this.connectedAtMs ??= performance.now();
    const state = this.#stateNow(isThere);
    if (state === this.#state) return;
    this.#state = state;
    this.#events.state(state);
  }

  #stateNow(isThere: boolean): AttemptState {
    if (this.#link === 'host-reconnecting') return 'reconnecting';
    if (this.#link === 'unstable' || this.#peerState === 'disconnected') return 'unstable';
    if (!isThere) return 'connecting';
    return this.#isPoor ? 'unstable' : 'connected';
  }

  /** The host has said that it is over. */
  get #isEnding(): boolean {
    return this.#word !== undefined || this.#wasTerminated;
  }

  #endAfter(patienceMs: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#end(this.#isEnding ? 1000 : LOST), patienceMs);
  }

  #end(closeCode: number): void {
    if (this.#isOver) return;
    const ending = { closeCode, word: this.#word, failure: this.#failure, wasTerminated: this.#wasTerminated };
    this.destroy();
    this.#events.ended(ending, this.#wasOpen);
  }
}
