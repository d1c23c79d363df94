import { setTimeout as delay } from 'node:timers/promises';
import { onAbort } from '@helix/pacing';
import { RevDialError, runnerIdOf, type RunnerDialer, type RunnerPresence, type RunnerStatus } from '@helix/revdial';
import type { WolfClientFactory } from '@helix/wolf-client';
import type { WebSocket } from 'ws';
import { desktopOf } from '../session/desktop-of.js';
import { ExternalAgentError } from '../external-agent-error.js';
import type { ExternalAgentLogger } from '../external-agent-logger.js';
import type { SessionActivity } from '../session/session-activity.js';
import { LIMITS } from '../limits.js';
import type { SessionDirectory } from '../session/session-directory.js';
import type { SessionId } from '../session/session-id.js';
import type { SessionEntity } from '../session/session.entity.js';
import type { SessionFeed } from '../view/session-feed.js';
import type { AutoJoin } from './auto-join.js';
import { DIALECT_POLICIES } from './dialect/dialect-policy.js';
import type { IceServers } from './ice/ice-servers.js';
import { LiveStream } from './live-stream.js';
import type { StreamCloseCause, StreamEndCause } from './relay/stream-close.js';
import { streamsNotConfigured, type StreamPolicy } from './stream-policy.js';
import { UiApps } from './ui-app.js';
import { openUpstream } from './upstream/open-upstream.js';
import { SupersedeLimit, ViewerTable } from './viewers/viewer-table.js';
import type { Viewer, ViewerStatus } from './viewers/viewer.js';

export interface SessionStreamsParts {
  readonly presence: Pick<RunnerPresence, 'find' | 'isConnected' | 'probe' | 'subscribe'>;
  readonly dialer: RunnerDialer;
  readonly wolfs: WolfClientFactory;
  readonly directory: SessionDirectory;
  readonly feed: SessionFeed;
  readonly autoJoin: AutoJoin;
  readonly activity: SessionActivity;
  readonly policy: StreamPolicy;
  readonly iceServers: IceServers;
  readonly logger: ExternalAgentLogger;
}

/** A stream whose host has answered and which waits for its viewer's socket. One of the two has to be called. */
export interface OpenedStream {
  /** Joins the accepted socket to the host. Returns the stream's handle for those who let its viewer in. */
  attach(browser: WebSocket): StreamHandle;
  /** The viewer did not come. */
  discard(): void;
}

export interface StreamHandle {
  /** Aborts when the stream has ended. */
  readonly signal: AbortSignal;
  end(cause: StreamCloseCause): void;
}

/**
 * Streams of desktops to viewers. Signalling alone passes through here: video and input go between browser and host
 * (moonlight-web §5). A viewer's browser is accepted only once the host has answered.
 *
 *     browser ──WebSocket──▶ StreamRelay ──WebSocket over a dial──▶ moonlight-<id> ──▶ Moonlight Web
 */
export class SessionStreams {
  readonly #parts: SessionStreamsParts;
  readonly #table: ViewerTable<LiveStream>;
  readonly #supersedes = new SupersedeLimit();
  readonly #uiApps: UiApps;
  readonly #ended = new Map<StreamEndCause, number>();
  #timer: NodeJS.Timeout | undefined;
  #unsubscribe: () => void = () => undefined;
  #isClosing = false;

  constructor(parts: SessionStreamsParts) {
    const { policy, wolfs } = parts;
    this.#parts = parts;
    this.#table = new ViewerTable({ perSession: policy.viewersPerSession, perHost: policy.viewersPerHost });
    this.#uiApps = new UiApps(wolfs);
  }

  start(): void {
    this.#timer ??= setInterval(() => {
      this.#check();
    }, LIMITS.streamCheckIntervalMs).unref();
    // A link that is back is what those wait for whose host's socket broke with it.
    this.#unsubscribe = this.#parts.presence.subscribe(({ runnerId, type }) => {
      if (runnerId.startsWith('moonlight-') && type !== 'lost') this.#check(runnerId.slice('moonlight-'.length));
    });
  }

  /** Viewers are told to connect again, elsewhere or later. Idempotent. */
  close(): void {
    this.#isClosing = true;
    clearInterval(this.#timer);
    this.#unsubscribe();
    for (const stream of [...this.#table.all()]) stream.end('replicaClosing');
  }

  get openCount(): number {
    return this.#table.count;
  }

  /** Streams that have ended, by cause, since the process began. */
  get endedCounts(): ReadonlyMap<StreamEndCause, number> {
    return this.#ended;
  }

  /** Is one who may only watch this session's desktop kept from sending it input, and not only asked not to? */
  enforcesViewOnly({ wolfInstanceId }: Pick<SessionEntity, 'wolfInstanceId'>): boolean {
    if (wolfInstanceId === null) return false;
    return DIALECT_POLICIES[this.#parts.policy.dialects.of(wolfInstanceId)].enforcesViewOnly;
  }

  viewersOf(sessionId: SessionId): readonly ViewerStatus[] {
    return this.#table.of(sessionId).map((stream) => stream.status);
  }

  /** False when there is no such viewer. */
  remove(sessionId: SessionId, viewerId: string): boolean {
    const stream = this.#table.find(sessionId, viewerId);
    stream?.end('removed');
    return stream !== undefined;
  }

  /**
   * Opens the host's side of a stream for a viewer who was let in. An older connection of the same viewer ends first.
   * @throws ExternalAgentError STREAMS_NOT_CONFIGURED, NO_DESKTOP, DESKTOP_STARTING, VIEW_ONLY_UNENFORCED, TOO_MANY_VIEWERS,
   * BUSY, STREAM_REFUSED, STREAM_TIMEOUT, STREAM_ABORTED
   * @throws RevDialError, WolfError what stands in the way to the host
   */
  async open(session: SessionEntity, viewer: Viewer, signal: AbortSignal): Promise<OpenedStream> {
    const { stream, older } = this.#seat(session, viewer);
    const leave = (): void => {
      stream.end('viewer-left');
    };
    const stopListening = onAbort(signal, leave);
    let unwatch: () => void = () => undefined;
    try {
      stream.signal.throwIfAborted();
      const appId = await this.#connect(stream, older);
      unwatch = this.#parts.feed.watch(session, (view) => {
        const cause = causeOf(view.session, stream);
        if (cause !== undefined) stream.end(cause);
      });
      stream.signal.throwIfAborted();
      onAbort(stream.signal, unwatch);
      return {
        attach: (browser) => {
          stopListening();
          stream.attach(browser, appId);
          return stream;
        },
        discard: leave,
      };
    } catch (error) {
      stopListening();
      unwatch();
      leave();
      throw error;
    }
  }

  #seat(
    session: SessionEntity,
    viewer: Viewer,
  ): { readonly stream: LiveStream; readonly older: LiveStream | undefined } {
    const { policy, logger, iceServers } = this.#parts;
    if (policy.credentials === undefined) throw streamsNotConfigured();
    if (this.#isClosing) throw new ExternalAgentError('BUSY', 'the replica is closing; try again');
    const { wolfInstanceId } = desktopOf(session);
    if (wolfInstanceId === null) throw new ExternalAgentError('DESKTOP_STARTING', 'the desktop is starting');
    const dialect = policy.dialects.of(wolfInstanceId);
    if (viewer.role === 'view' && policy.viewOnlyNeedsEnforcement && !DIALECT_POLICIES[dialect].enforcesViewOnly) {
      throw new ExternalAgentError(
        'VIEW_ONLY_UNENFORCED',
        'input on this host cannot be kept from the desktop, and the operator allows watching only where it can',
      );
    }
    const stream = new LiveStream({
      sessionId: session.id,
      wolfInstanceId,
      viewer,
      dialect,
      credentials: policy.credentials,
      hostId: policy.hostId,
      display: session.display,
      iceServersOf: (viewerId) => iceServers.for(viewerId, new Date()),
      logger,
      onConnected: (connected) => {
        void this.#join(connected);
      },
      onEnded: (ended) => {
        this.#onEnded(ended);
      },
    });
    const older = this.#table.find(session.id, stream.viewerId);
    if (older !== undefined && !this.#supersedes.take(`${session.id} ${stream.viewerId}`)) {
      throw new ExternalAgentError('BUSY', 'this viewer reconnects too often; retry shortly');
    }
    this.#table.seat(stream, older);
    older?.end('superseded');
    return { stream, older };
  }

  /** Resolves with the number of the app to connect to, when the host has answered. */
  async #connect(stream: LiveStream, older: LiveStream | undefined): Promise<number> {
    const { presence, dialer, policy } = this.#parts;
    const { wolfInstanceId, signal } = stream;
    // The host ends what the older connection began, and would do it to the newer one (moonlight-web §2).
    await older?.released;
    const overdue = AbortSignal.timeout(LIMITS.streamConnectMs);
    const target = { wolfInstanceId, policy: stream.policy, credentials: policy.credentials ?? '' };
    try {
      const [appId] = await Promise.all([
        this.#uiApps.idOn(wolfInstanceId),
        openUpstream(dialer, target, AbortSignal.any([signal, overdue])).then((socket) => {
          // Also of a link that has lost its connection meanwhile and may be resumed: the stream goes on with it.
          stream.connect(socket, presence.find(runnerIdOf('moonlight', wolfInstanceId))?.generation ?? 0);
        }),
      ]);
      return appId;
    } catch (error) {
      signal.throwIfAborted();
      if (!overdue.aborted) throw error;
      if (presence.isConnected(runnerIdOf('moonlight', wolfInstanceId))) {
        throw new ExternalAgentError('STREAM_TIMEOUT', 'Moonlight Web on the host does not answer', { cause: error });
      }
      throw new RevDialError('RUNNER_NOT_CONNECTED', 'the host is not connected', { cause: error });
    }
  }

  /** Puts a viewer whose stream stands into the session's lobby: until then they see a placeholder. */
  async #join(stream: LiveStream): Promise<void> {
    const { directory, autoJoin, activity, logger } = this.#parts;
    const { sessionId, viewerId, clientUniqueId, signal } = stream;
    if (stream.viewer.role === 'control') void activity.note(sessionId);
    for (let attempt = 1; ; attempt += 1) {
      try {
        await autoJoin.join(await directory.get(sessionId), { clientUniqueId, signal });
        return;
      } catch (error) {
        if (signal.aborted) return;
        if (attempt >= LIMITS.streamJoinAttemptsMax) {
          logger.warn({ sessionId, viewerId, error }, 'auto-join failed');
          return;
        }
      }
      await delay(LIMITS.streamJoinRestMs, undefined, { signal, ref: false }).catch(() => undefined);
    }
  }

  /** All streams, or those of one host. */
  #check(wolfInstanceId?: string): void {
    const { presence, activity } = this.#parts;
    const nowMs = performance.now();
    const links = new Map<string, RunnerStatus | undefined>();
    for (const stream of [...this.#table.all()]) {
      if (wolfInstanceId !== undefined && stream.wolfInstanceId !== wolfInstanceId) continue;
      const runnerId = runnerIdOf('moonlight', stream.wolfInstanceId);
      if (!links.has(runnerId)) {
        links.set(runnerId, presence.find(runnerId));
        // Silence is noticed only by asking.
        presence.probe(runnerId);
      }
      stream.check(links.get(runnerId), nowMs);
      if (stream.claimActivityReport(nowMs)) void activity.note(stream.sessionId);
    }
  }

  #onEnded(stream: LiveStream): void {
    this.#table.leave(stream);
    const { endCause } = stream;
    if (endCause !== undefined) this.#ended.set(endCause, (this.#ended.get(endCause) ?? 0) + 1);
  }
}

/** Why a stream of this session cannot go on; `undefined` while it can. */
function causeOf(session: SessionEntity, stream: LiveStream): StreamCloseCause | undefined {
  if (session.deletedAt !== null) return 'deleted';
  switch (session.state) {
    case 'running':
      return session.wolfInstanceId === stream.wolfInstanceId ? undefined : 'hostFailed';
    case 'queued':
    case 'placing':
    case 'starting':
      // Its desktop was lost and is being started again: a viewer who connects again waits for it.
      return 'hostFailed';
    case 'stopping':
    case 'stopped':
    case 'failed':
      return 'stopped';
    default:
      return session.state satisfies never;
  }
}
