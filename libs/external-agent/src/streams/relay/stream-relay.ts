import { reportDefect } from '@helix/revdial';
import type { RawData, WebSocket } from 'ws';
import type { DisplaySettings } from '../../session/display-settings.js';
import { LIMITS } from '../../limits.js';
import type { DialectPolicy } from '../dialect/dialect-policy.js';
import { type FirstMessage, type StreamSettings, sizedStartStream } from '../dialect/first-message.js';
import { parseTaggedMessage, type TaggedMessage } from '../dialect/tagged-message.js';
import { proxyFailed, STREAM_CLOSES, type StreamCloseCause, type StreamEndCause } from './stream-close.js';

/** What a relay asks of the one who made it. None of these may throw. */
export interface StreamRelayParts {
  readonly browser: WebSocket;
  readonly upstream: WebSocket;
  readonly policy: DialectPolicy;
  readonly mayControl: boolean;
  /** Of the desktop, in place of what the viewer asks for. */
  readonly display: DisplaySettings;
  readonly buildFirstMessage: (text: string) => FirstMessage;
  /** The host's message that holds its ICE servers, as the viewer is to see it. */
  readonly rewriteIce: (text: string) => string;
  readonly onInit: (settings: StreamSettings) => void;
  /** The host says that the stream stands. */
  readonly onConnected: () => void;
  /** The host's socket broke without a word. Whether its link is to blame shows within a moment; until `end` the viewer waits. */
  readonly onHostBroken: () => void;
  readonly onEnd: (cause: StreamEndCause) => void;
}

/**
 * Joins one viewer's socket and one host's, message for message:
 *
 *   awaiting-init ──first message──▶ relaying ──host's socket breaks──▶ holding
 *        └───────────────┴──────────────── either side ends, or `end` ─────────────────┴──▶ ended
 *
 * Toward the host goes one text frame a message and nothing else, since anything else ends the session there;
 * signs of life are asked of the browser alone. Nothing waits without a bound, and the host is always read: a host whose writes
 * wait hangs for all its viewers (moonlight-web §1, §8.9–8.17). `ended` comes once, whichever side was first.
 */
export class StreamRelay {
  readonly #parts: StreamRelayParts;
  #state: 'awaiting-init' | 'relaying' | 'holding' | 'ended' = 'awaiting-init';
  readonly #openedAtMs = performance.now();
  #lastProgressAtMs = performance.now();
  #unansweredPings = 0;
  #pingedAtMs = performance.now();
  #browserRttMs: number | undefined;
  #lastVariant: string | undefined;
  #isConnected = false;

  constructor(parts: StreamRelayParts) {
    this.#parts = parts;
  }

  /** Wires both sockets. What either has sent already is read from now on. */
  start(): void {
    const { browser, upstream } = this.#parts;
    browser.on('message', (message, isBinary) => {
      this.#guard('badMessage', () => {
        this.#fromBrowser(message, isBinary);
      });
    });
    browser.on('pong', () => {
      this.#unansweredPings = 0;
      this.#browserRttMs = performance.now() - this.#pingedAtMs;
    });
    browser.on('error', ignore);
    browser.on('close', () => {
      this.#finish('viewer-left');
    });
    upstream.on('message', (message, isBinary) => {
      this.#guard('hostFailed', () => {
        this.#fromHost(message, isBinary);
      });
    });
    upstream.on('error', ignore);
    upstream.on('close', (code) => {
      this.#onHostClosed(code);
    });
    if (upstream.readyState === upstream.CLOSED) this.#onHostClosed(1006);
  }

  get state(): 'awaiting-init' | 'relaying' | 'holding' | 'ended' {
    return this.#state;
  }

  /** The host has said that the stream stands. */
  get isConnected(): boolean {
    return this.#isConnected;
  }

  /** Round trip to the browser as it was measured last. */
  get browserRttMs(): number | undefined {
    return this.#browserRttMs;
  }

  /** The last kind of message that the host sent, for the record. */
  get lastVariant(): string | undefined {
    return this.#lastVariant;
  }

  /** Closes both sides, and tells the viewer why. Idempotent. */
  end(cause: StreamCloseCause): void {
    if (this.#state === 'ended') return;
    const { browser } = this.#parts;
    const { code, reason } = STREAM_CLOSES[cause];
    if (cause !== 'superseded' && cause !== 'ended') this.#toBrowser(proxyFailed(code));
    browser.close(code, reason);
    this.#finish(cause);
  }

  /** In the dialect; dropped when the stream has ended. */
  tell(text: string): void {
    if (this.#state !== 'ended') this.#toBrowser(text);
  }

  /** Looks after the deadlines; called about each second. */
  check(nowMs: number): void {
    if (this.#state === 'ended') return;
    const { browser, upstream } = this.#parts;
    if (this.#state === 'awaiting-init' && nowMs - this.#openedAtMs > LIMITS.streamInitMs) {
      this.end('badMessage');
      return;
    }
    if (browser.bufferedAmount > 0 && nowMs - this.#lastProgressAtMs > LIMITS.streamStallMs) {
      this.end('tooSlow');
      // It reads nothing, so it would not read the close either.
      browser.terminate();
      return;
    }
    if (upstream.bufferedAmount > LIMITS.streamBacklogMaxBytes) {
      this.end('hostFailed');
      return;
    }
    if (nowMs - this.#pingedAtMs < LIMITS.streamPingIntervalMs) return;
    if (this.#unansweredPings >= LIMITS.streamPingsMissedMax) {
      browser.terminate();
      this.#finish('viewer-silent');
      return;
    }
    this.#unansweredPings += 1;
    this.#pingedAtMs = nowMs;
    browser.ping();
  }

  /** What one message makes our code throw ends this viewer's stream only. */
  #guard(cause: StreamCloseCause, take: () => void): void {
    try {
      take();
    } catch (error) {
      reportDefect('the relay of a stream', error);
      this.end(cause);
    }
  }

  #fromBrowser(message: RawData, isBinary: boolean): void {
    if (this.#state === 'awaiting-init') this.#takeFirst(message, isBinary);
    else if (this.#state === 'relaying') this.#takeLater(message, isBinary);
  }

  #takeFirst(message: RawData, isBinary: boolean): void {
    const { buildFirstMessage, upstream, onInit } = this.#parts;
    const bytes = bytesOf(message);
    if (isBinary || bytes.length > LIMITS.streamInitMaxBytes) {
      this.end('badMessage');
      return;
    }
    const first = buildFirstMessage(bytes.toString());
    if (!first.isAccepted) {
      this.end('badMessage');
      return;
    }
    this.#state = 'relaying';
    upstream.send(first.text);
    onInit(first.settings);
  }

  #takeLater(message: RawData, isBinary: boolean): void {
    const { policy, upstream, mayControl, display } = this.#parts;
    const bytes = bytesOf(message);
    if (isBinary) {
      if (!policy.isBinaryAllowed) this.end('binary');
      // Input over the socket: kept from the host, of one who may only watch.
      else if (mayControl) upstream.send(bytes, { binary: true });
      return;
    }
    const tagged = parseTaggedMessage(bytes.toString());
    const isAllowed = tagged !== undefined && policy.clientVariants.has(tagged.variant);
    // Over WebRTC the input of one who may only watch would pass by here; over the socket it does not.
    if (!isAllowed || (!mayControl && policy.enforcesViewOnly && opensWebRtc(tagged))) {
      this.end('badMessage');
      return;
    }
    // As the browser wrote it, since descriptions are signed for byte by byte; what asks for a size asks for the desktop's.
    const told = tagged.variant === policy.startVariant ? sizedStartStream(tagged.content, display) : bytes;
    if (told === undefined) {
      this.end('badMessage');
      return;
    }
    upstream.send(told, { binary: false });
    if (upstream.bufferedAmount > LIMITS.streamBacklogMaxBytes) this.end('hostFailed');
  }

  #fromHost(message: RawData, isBinary: boolean): void {
    if (this.#state === 'ended') return;
    const { policy, rewriteIce, onConnected } = this.#parts;
    const bytes = bytesOf(message);
    if (isBinary) {
      if (policy.isBinaryAllowed) this.#toBrowser(bytes);
      return;
    }
    const variant = variantOf(bytes);
    this.#lastVariant = variant;
    this.#toBrowser(variant === policy.iceVariant ? rewriteIce(bytes.toString()) : bytes, false);
    if (variant !== policy.connectedVariant || this.#isConnected) return;
    this.#isConnected = true;
    onConnected();
  }

  #toBrowser(message: string | Buffer, isBinary = typeof message !== 'string'): void {
    const { browser, policy } = this.#parts;
    if (browser.readyState !== browser.OPEN) return;
    if (browser.bufferedAmount === 0) this.#lastProgressAtMs = performance.now();
    browser.send(message, { binary: isBinary }, () => {
      this.#lastProgressAtMs = performance.now();
    });
    if (browser.bufferedAmount <= policy.browserBacklogMaxBytes) return;
    browser.terminate();
    this.#finish('tooSlow');
  }

  #onHostClosed(code: number): void {
    if (this.#state === 'ended') return;
    // A close frame, though an empty one: what had to be said was said before it.
    if (code !== 1006) this.end(code === 1005 || code === 1000 ? 'ended' : 'hostFailed');
    else if (this.#state === 'holding') return;
    else {
      this.#state = 'holding';
      this.#parts.onHostBroken();
    }
  }

  #finish(cause: StreamEndCause): void {
    if (this.#state === 'ended') return;
    this.#state = 'ended';
    const { browser, upstream, onEnd } = this.#parts;
    // The close frame ends the session there; it is never answered, so the socket is not left to wait for that.
    if (upstream.readyState === upstream.OPEN) upstream.close();
    const timer = setTimeout(() => {
      upstream.terminate();
    }, LIMITS.streamHostCloseMs);
    upstream.once('close', () => {
      clearTimeout(timer);
    });
    if (upstream.readyState === upstream.CLOSED) clearTimeout(timer);
    const last = setTimeout(() => {
      browser.terminate();
    }, LIMITS.streamBrowserCloseMs);
    browser.once('close', () => {
      clearTimeout(last);
    });
    if (browser.readyState === browser.CLOSED) clearTimeout(last);
    onEnd(cause);
  }
}

function bytesOf(message: RawData): Buffer {
  if (Buffer.isBuffer(message)) return message;
  return Array.isArray(message) ? Buffer.concat(message) : Buffer.from(message);
}

/** Of the dialects in which a viewer chooses between WebRTC and the socket; 2.0 does not even ask (moonlight-web §6). */
function opensWebRtc({ variant, content }: TaggedMessage): boolean {
  return variant === 'WebRtc' || (variant === 'SetTransport' && content !== 'WebSocket');
}

/** Known by its beginning, since whole media pass here. What is no message has no name, and passes all the same. */
function variantOf(bytes: Buffer): string | undefined {
  return /^\s*(?:\{\s*"([A-Za-z]{1,40})"\s*:|"([A-Za-z]{1,40})"\s*$)/
    .exec(bytes.toString('latin1', 0, 64))
    ?.slice(1)
    .find(Boolean);
}

function ignore(): void {
  // Every error of a socket is followed by its close.
}
