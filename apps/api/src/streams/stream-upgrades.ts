import type { IncomingMessage } from 'node:http';
import { type BeforeApplicationShutdown, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import {
  EXTERNAL_AGENT_LIMITS,
  sessionIdOfReference,
  SessionShares,
  SessionStreams,
  type StreamHandle,
  type Viewer,
  type ViewerHolder,
} from '@helix/external-agent';
import { onAbort } from '@helix/pacing';
import { type AccessToken, accessTokenOf } from '@helix/revdial';
import { WebSocketServer } from 'ws';
import { refuseHandshake } from '../answers/raw-answer.js';
import { Admission, type SessionAdmission } from '../auth/admission.js';
import { ChangeNotices } from '../database/change-notices/change-notices.js';
import { ApiError } from '../errors/api-error.js';
import { API_LIMITS } from '../limits.js';
import { type TakeUpgrade, Upgrades } from '../sockets/upgrades.js';

/**
 * WebSockets of viewers: a session's owner, admins, and those with whom it is shared. The caller is admitted and the host has answered
 * before the browser is answered at all. Viewers are disconnected at once when what let them in ends.
 */
@Injectable()
export class StreamUpgrades implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly server = new WebSocketServer({
    noServer: true,
    maxPayload: EXTERNAL_AGENT_LIMITS.streamMessageMaxBytes,
    perMessageDeflate: false,
    // None is ours, and the host speaks none.
    handleProtocols: () => false,
  }).on('wsClientError', refuseHandshake);
  private readonly admitted = new Map<StreamHandle, SessionAdmission>();
  private readonly stopListening: (() => void)[] = [];
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly upgrades: Upgrades,
    private readonly admission: Admission,
    private readonly streams: SessionStreams,
    private readonly shares: SessionShares,
    private readonly notices: ChangeNotices,
  ) {}

  onApplicationBootstrap(): void {
    this.upgrades.serve({
      name: 'streams',
      match: (url) => {
        const path = parseStreamPath(url);
        return path && this.taking(path);
      },
    });
    const checkAll = (): void => {
      this.check();
    };
    this.timer = setInterval(checkAll, API_LIMITS.socketCheckIntervalMs).unref();
    this.stopListening.push(
      this.notices.subscribe('api_keys', checkAll),
      this.shares.subscribe((sessionId) => {
        this.check(sessionId);
      }),
    );
  }

  beforeApplicationShutdown(): void {
    clearInterval(this.timer);
    for (const stop of this.stopListening) stop();
  }

  private taking(path: StreamPath): TakeUpgrade {
    return async (request, waiting) => {
      if (!isWebSocketUpgrade(request)) {
        throw new ApiError('INVALID_REQUEST', 'not a WebSocket upgrade of version 13');
      }
      const admission = await this.admission.admitToSession(
        { request, isUpgrade: true, presented: tokenOf(path, request) },
        'session-viewer',
        { sessionId: sessionIdOfReference(path.sessionReference ?? '') },
      );
      const opened = await this.streams.open(admission.session, viewerOf(path, admission), waiting.signal);
      if (waiting.signal.aborted) {
        opened.discard();
        return;
      }
      const { socket } = waiting;
      const early = waiting.release();
      const discard = (): void => {
        opened.discard();
      };
      socket.once('close', discard);
      this.server.handleUpgrade(request, socket, early, (browser) => {
        socket.off('close', discard);
        this.keep(opened.attach(browser), admission);
      });
    };
  }

  private keep(stream: StreamHandle, admission: SessionAdmission): void {
    if (stream.signal.aborted) return;
    this.admitted.set(stream, admission);
    onAbort(stream.signal, () => this.admitted.delete(stream));
    // What let the viewer in may have ended while the host was asked.
    this.checkOne(stream, admission);
  }

  private check(sessionId?: string): void {
    for (const [stream, admission] of this.admitted) {
      if (sessionId === undefined || admission.session.id === sessionId) this.checkOne(stream, admission);
    }
  }

  private checkOne(stream: StreamHandle, admission: SessionAdmission): void {
    void this.admission.evictionReason(admission).then((reason) => {
      if (reason !== undefined) stream.end(reason);
    });
  }
}

/**
 * A token in the path counts before the cookie, and that of a share link before any other: who comes by a share link may be signed in
 * as another user.
 */
function tokenOf({ shareToken, accessToken }: StreamPath, request: IncomingMessage): AccessToken | undefined {
  if (shareToken !== undefined) return { token: shareToken, from: 'query' };
  const found = accessTokenOf(request);
  return found?.from !== 'header' && accessToken ? { token: accessToken, from: 'query' } : found;
}

function viewerOf({ tab, reportsActivity }: StreamPath, { principal, access }: SessionAdmission): Viewer {
  const holder: ViewerHolder =
    principal.kind === 'user'
      ? { kind: 'user', userId: principal.userId }
      : { kind: 'share', shareId: principal.shareId };
  return { holder, tab, role: access.role, expiresAt: access.expiresAt, reportsActivity };
}

function isWebSocketUpgrade({ method, headers }: IncomingMessage): boolean {
  return (
    method === 'GET' &&
    headers.upgrade?.toLowerCase() === 'websocket' &&
    ['13', '8'].includes(headers['sec-websocket-version'] ?? '') &&
    /^[+/0-9A-Za-z]{22}==$/.test(headers['sec-websocket-key'] ?? '')
  );
}

/** Which session's stream a WebSocket asks for, as its URL says; nothing of it is checked yet. */
interface StreamPath {
  /** Undefined where none is named; there is no stream by default. */
  readonly sessionReference: string | undefined;
  /** Which of a person's tabs asks. */
  readonly tab: string;
  /** The token of a share link. */
  readonly shareToken: string | undefined;
  /** A token in the path itself. */
  readonly accessToken: string | undefined;
  readonly reportsActivity: boolean;
}

const OWN_PATH = /^\/api\/v1\/sessions\/([^/]{1,200})\/stream\/?$/;
/** Where Helix's frontend looks for it (moonlight-web §7). */
const HELIX_PATHS: ReadonlySet<string> = new Set(['/moonlight/api/host/stream', '/moonlight/host/stream']);
const TAB = /^[A-Za-z0-9_-]{1,64}$/;

/** `undefined` for every other path. */
function parseStreamPath(url: URL): StreamPath | undefined {
  const { pathname, searchParams } = url;
  const own = OWN_PATH.exec(pathname)?.[1];
  if (own === undefined && !HELIX_PATHS.has(pathname)) return undefined;
  const reference = own ?? searchParams.get('session_id') ?? undefined;
  const named = searchParams.get('viewer') ?? '';
  return {
    sessionReference: reference,
    tab: TAB.test(named) ? named : tabIn(reference ?? ''),
    shareToken: searchParams.get('share') ?? undefined,
    accessToken: searchParams.get('access_token') ?? undefined,
    reportsActivity: searchParams.get('activity') === 'reported',
  };
}

/** Helix's pages name their tab behind the session: `agent-<session>-<uuid>`. */
function tabIn(reference: string): string {
  const tab = /^agent-(?:ses|req)_[^-]+-(.+)$/.exec(reference)?.[1] ?? '';
  return TAB.test(tab) ? tab : '';
}
