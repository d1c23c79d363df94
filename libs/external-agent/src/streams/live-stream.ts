import type { RunnerStatus } from '@helix/revdial';
import { ulid } from 'ulid';
import type { WebSocket } from 'ws';
import type { DisplaySettings } from '../session/display-settings.js';
import { ExternalAgentError } from '../external-agent-error.js';
import type { ExternalAgentLogger } from '../external-agent-logger.js';
import { LIMITS } from '../limits.js';
import type { SessionId } from '../session/session-id.js';
import { DIALECT_POLICIES, type DialectPolicy } from './dialect/dialect-policy.js';
import type { StreamSettings } from './dialect/first-message.js';
import type { MoonlightDialect } from './moonlight-dialects.js';
import { isSilent } from '../view/reachability.js';
import type { IceServer } from './ice/ice-servers.js';
import { rewriteIceMessage } from './ice/web-rtc-config.js';
import {
  troubleBegins,
  troubleIsOver,
  type LinkTrouble,
  type StreamCloseCause,
  type StreamEndCause,
} from './relay/stream-close.js';
import { StreamRelay } from './relay/stream-relay.js';
import { clientUniqueIdOf } from '../hosts/client-unique-id.js';
import { type Viewer, viewerIdOf, type ViewerStatus } from './viewers/viewer.js';

export interface LiveStreamParts {
  readonly sessionId: SessionId;
  readonly wolfInstanceId: string;
  readonly viewer: Viewer;
  readonly dialect: MoonlightDialect;
  readonly credentials: string;
  readonly hostId: number;
  /** Of the desktop; what its viewer asks for does not count. */
  readonly display: DisplaySettings;
  /** The ICE servers of this viewer; `undefined`: the host's own. */
  readonly iceServersOf: (viewerId: string) => readonly IceServer[] | undefined;
  readonly onConnected: (stream: LiveStream) => void;
  readonly onEnded: (stream: LiveStream) => void;
  readonly logger: ExternalAgentLogger;
}

/** One viewer's stream of one desktop, from admission until both the viewer's socket and the host's are done with. */
export class LiveStream {
  readonly viewerId: string;
  readonly openedAt = new Date();
  readonly clientUniqueId: string;
  readonly #parts: LiveStreamParts;
  readonly #upstreamSessionId: string;
  readonly #ending = new AbortController();
  readonly #released: Promise<void>;
  #release: () => void = () => undefined;
  #upstream: WebSocket | undefined;
  #linkGeneration = 0;
  #relay: StreamRelay | undefined;
  #settings: StreamSettings | undefined;
  #trouble: LinkTrouble | undefined;
  #brokenAtMs: number | undefined;
  #endCause: StreamEndCause | undefined;
  #activityNotedAtMs = -Infinity;
  #connectedAtMs: number | undefined;

  constructor(parts: LiveStreamParts) {
    this.#parts = parts;
    this.viewerId = viewerIdOf(parts.viewer.holder, parts.viewer.tab);
    this.clientUniqueId = clientUniqueIdOf(parts.sessionId, this.viewerId);
    this.#upstreamSessionId = `agent-${parts.sessionId}-${ulid().toLowerCase()}`;
    this.#released = new Promise((resolve) => {
      this.#release = resolve;
    });
  }

  get sessionId(): SessionId {
    return this.#parts.sessionId;
  }

  get wolfInstanceId(): string {
    return this.#parts.wolfInstanceId;
  }

  get viewer(): Viewer {
    return this.#parts.viewer;
  }

  get policy(): DialectPolicy {
    return DIALECT_POLICIES[this.#parts.dialect];
  }

  /** Aborts when the stream has ended; what is done for it stops with it. */
  get signal(): AbortSignal {
    return this.#ending.signal;
  }

  /** `undefined` while it goes on. */
  get endCause(): StreamEndCause | undefined {
    return this.#endCause;
  }

  /** Resolves when the stream has ended and the host's socket is gone. */
  get released(): Promise<void> {
    return this.#released;
  }

  get status(): ViewerStatus {
    const { viewer } = this.#parts;
    return {
      viewerId: this.viewerId,
      holder: viewer.holder,
      role: viewer.role,
      since: this.openedAt,
      state: this.#trouble?.kind ?? (this.#relay?.isConnected === true ? 'connected' : 'connecting'),
      settings: this.#settings,
      roundTripMs: this.#relay?.browserRttMs,
      isViewOnlyEnforced: viewer.role === 'view' && this.policy.enforcesViewOnly,
    };
  }

  /** The host has answered; `linkGeneration` is that of the link it did so through. */
  connect(upstream: WebSocket, linkGeneration: number): void {
    if (this.#endCause !== undefined) {
      // The viewer left, or Wolf failed, in the very moment of the answer.
      upstream.terminate();
      return;
    }
    this.#upstream = upstream;
    this.#linkGeneration = linkGeneration;
    upstream.once('close', () => {
      if (this.#endCause !== undefined) this.#release();
    });
  }

  /** Joins the viewer's socket, just accepted, to the host's. */
  attach(browser: WebSocket, appId: number): void {
    const { viewer, credentials, hostId, display, iceServersOf, onConnected } = this.#parts;
    const upstream = this.#upstream;
    if (upstream === undefined || this.#endCause !== undefined) {
      browser.terminate();
      return;
    }
    const relay = new StreamRelay({
      browser,
      upstream,
      policy: this.policy,
      mayControl: viewer.role === 'control',
      display,
      buildFirstMessage: (text) =>
        this.policy.buildFirstMessage(text, {
          credentials,
          upstreamSessionId: this.#upstreamSessionId,
          clientUniqueId: this.clientUniqueId,
          hostId,
          appId,
          display,
        }),
      rewriteIce: (text) => rewriteIceMessage(text, this.policy.iceVariant, iceServersOf(this.viewerId)),
      onInit: (settings) => {
        this.#settings = settings;
      },
      onConnected: () => {
        this.#connectedAtMs = performance.now();
        onConnected(this);
      },
      onHostBroken: () => {
        this.#brokenAtMs = performance.now();
      },
      onEnd: (cause) => {
        this.#finish(cause);
      },
    });
    this.#relay = relay;
    relay.start();
  }

  /** Idempotent. A stream that has no viewer's socket yet is given up. */
  end(cause: StreamEndCause): void {
    if (this.#relay !== undefined) {
      if (cause !== 'viewer-left' && cause !== 'viewer-silent') this.#relay.end(cause);
      return;
    }
    if (this.#endCause !== undefined) return;
    this.#upstream?.terminate();
    this.#finish(cause);
  }

  /**
   * Tells the viewer what has changed about the host's link, and looks after the deadlines. Called twice a second or so; `host` is
   * the runner through which the stream is signalled, `undefined` when it is lost.
   */
  check(host: RunnerStatus | undefined, nowMs: number): void {
    const { viewer } = this.#parts;
    if (this.#relay === undefined || this.#endCause !== undefined) return;
    if (viewer.expiresAt !== undefined && viewer.expiresAt.getTime() <= Date.now()) this.end('expired');
    const verdict = this.#verdictOf(host, nowMs);
    if (verdict !== undefined) this.end(verdict);
    this.#tell(troubleOf(host));
    this.#relay.check(nowMs);
  }

  /**
   * True when activity is to be reported for this stream now, and then not again for `LIMITS.streamWorkNotedMs`. A viewer with
   * control whose client does not report activity counts as active, since input does not pass here; for a while only, since a tab
   * may be forgotten.
   */
  claimActivityReport(nowMs: number): boolean {
    const { role, reportsActivity } = this.#parts.viewer;
    if (role !== 'control' || reportsActivity || this.#connectedAtMs === undefined) return false;
    if (nowMs - this.#connectedAtMs > LIMITS.streamCountsAsWorkMs) return false;
    if (nowMs - this.#activityNotedAtMs < LIMITS.streamWorkNotedMs) return false;
    this.#activityNotedAtMs = nowMs;
    return true;
  }

  /** A broken host's socket: its link was lost, is lost, or has nothing to do with it. */
  #verdictOf(host: RunnerStatus | undefined, nowMs: number): StreamCloseCause | undefined {
    if (this.#brokenAtMs === undefined) return undefined;
    if (host === undefined) return 'hostLost';
    if (host.state !== 'connected') return undefined;
    if (host.generation !== this.#linkGeneration) return 'linkLost';
    return nowMs - this.#brokenAtMs >= LIMITS.streamBreakDecidedMs ? 'hostFailed' : undefined;
  }

  #tell(trouble: LinkTrouble | undefined): void {
    const before = this.#trouble;
    if (before?.kind === trouble?.kind && !isCountingDown(before, trouble)) return;
    this.#trouble = trouble;
    if (before !== undefined && before.kind !== trouble?.kind) this.#relay?.tell(troubleIsOver(before.kind));
    if (trouble !== undefined) this.#relay?.tell(troubleBegins(trouble));
  }

  #finish(cause: StreamEndCause): void {
    if (this.#endCause !== undefined) return;
    this.#endCause = cause;
    this.#ending.abort(new ExternalAgentError('STREAM_ABORTED', 'the stream has ended'));
    const upstream = this.#upstream;
    if (upstream === undefined || upstream.readyState === upstream.CLOSED) this.#release();
    const { sessionId, wolfInstanceId, viewer, logger, onEnded } = this.#parts;
    logger.info(
      {
        audit: 'stream',
        sessionId,
        wolfInstanceId,
        viewerId: this.viewerId,
        ...viewer.holder,
        role: viewer.role,
        upstreamSessionId: this.#upstreamSessionId,
        openedAt: this.openedAt,
        ms: Date.now() - this.openedAt.getTime(),
        lastFromHost: this.#relay?.lastVariant,
        cause,
      },
      'stream ended',
    );
    onEnded(this);
  }
}

function troubleOf(host: RunnerStatus | undefined): LinkTrouble | undefined {
  if (host === undefined) return undefined;
  if (host.state === 'connected') return isSilent(host) ? { kind: 'unstable' } : undefined;
  return { kind: 'reconnecting', leftS: Math.ceil(host.leftMs / 1000) };
}

function isCountingDown(before: LinkTrouble | undefined, now: LinkTrouble | undefined): boolean {
  return before?.kind === 'reconnecting' && now?.kind === 'reconnecting' && before.leftS !== now.leftS;
}
