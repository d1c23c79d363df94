import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { Inject, Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import {
  EXTERNAL_AGENT_LIMITS,
  ExternalAgentError,
  SessionShares,
  SessionStreams,
  type StreamHandle,
  type Viewer,
  type ViewerHolder,
} from '@helix/external-agent';
import { WaitingSocket } from '@helix/revdial';
import type { Logger } from 'pino';
import { WebSocketServer } from 'ws';
import { answerRaw, rawAnswerOf, refuseHandshake } from '../answers/raw-answer.js';
import { ChangeNotices } from '../database/change-notices/change-notices.js';
import { ApiError } from '../errors/api-error.js';
import { httpAnswerOf } from '../errors/status-by-code.js';
import { API_LIMITS } from '../limits.js';
import { LOGGER } from '../logging/logging.module.js';
import { StreamAuthorizer } from './stream-authorizer.js';
import type { StreamAdmission } from './stream-admission.js';
import type { StreamPath } from './stream-path.js';

/**
 * WebSockets of viewers. The order is the point: who asks is known and allowed, and the host has answered, before the browser is
 * answered at all, so that every failure is an HTTP status. Those who are in leave at once when what let them in ends.
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
  private readonly admitted = new Map<StreamHandle, StreamAdmission>();
  private readonly stopListening: (() => void)[] = [];
  private timer: NodeJS.Timeout | undefined;
  private waitingCount = 0;

  constructor(
    @Inject(StreamAuthorizer) private readonly authorizer: StreamAuthorizer,
    @Inject(SessionStreams) private readonly streams: SessionStreams,
    @Inject(SessionShares) private readonly shares: SessionShares,
    @Inject(ChangeNotices) private readonly notices: ChangeNotices,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
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

  /** Takes over an upgrade to a stream's path. Never rejects. */
  async take(path: StreamPath, request: IncomingMessage, socket: Socket, head: Buffer): Promise<void> {
    const waiting = new WaitingSocket(socket, head);
    if (this.waitingCount >= API_LIMITS.socketsWaitingMaxCount) {
      this.refuse(waiting, request, new ExternalAgentError('BUSY', 'too many streams are being opened; try again'));
      return;
    }
    this.waitingCount += 1;
    try {
      if (!isWebSocketUpgrade(request)) {
        this.refuse(waiting, request, new ApiError('INVALID_REQUEST', 'not a WebSocket upgrade of version 13'));
        return;
      }
      const admission = await this.authorizer.admit(path, request);
      const opened = await this.streams.open(admission.session, viewerOf(path, admission), waiting.signal);
      if (waiting.signal.aborted) {
        opened.discard();
        return;
      }
      const early = waiting.release();
      const discard = (): void => {
        opened.discard();
      };
      socket.once('close', discard);
      this.server.handleUpgrade(request, socket, early, (browser) => {
        socket.off('close', discard);
        this.keep(opened.attach(browser), admission);
      });
    } catch (error) {
      this.refuse(waiting, request, error);
      if (httpAnswerOf(error) === undefined) this.logger.error({ err: error }, 'a stream could not be opened');
    } finally {
      this.waitingCount -= 1;
    }
  }

  private keep(stream: StreamHandle, admission: StreamAdmission): void {
    if (stream.signal.aborted) return;
    this.admitted.set(stream, admission);
    stream.signal.addEventListener('abort', () => {
      this.admitted.delete(stream);
    });
    // What let him in may have ended while the host was asked.
    this.checkOne(stream, admission);
  }

  private check(sessionId?: string): void {
    for (const [stream, admission] of this.admitted) {
      if (sessionId === undefined || admission.session.id === sessionId) this.checkOne(stream, admission);
    }
  }

  private checkOne(stream: StreamHandle, admission: StreamAdmission): void {
    void this.authorizer.objectionTo(admission).then((objection) => {
      if (objection !== undefined) stream.end(objection);
    });
  }

  private refuse(waiting: WaitingSocket, request: IncomingMessage, error: unknown): void {
    const { socket } = waiting;
    waiting.release();
    if (!socket.destroyed) answerRaw(socket, rawAnswerOf(error), request);
  }
}

function viewerOf({ tab, reportsActivity }: StreamPath, { principal, access }: StreamAdmission): Viewer {
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
