import type { BeforeApplicationShutdown } from '@nestjs/common';
import {
  type OnGatewayConnection,
  type OnGatewayDisconnect,
  type OnGatewayInit,
  WebSocketGateway,
} from '@nestjs/websockets';
import { SessionFeed, type SessionView } from '@helix/external-agent';
import type { WebSocket } from 'ws';
import { Admission, type SessionAdmission } from '../auth/admission.js';
import { principalName } from '../access/principal.js';
import { ChangeNotices } from '../database/change-notices/change-notices.js';
import { API_LIMITS } from '../limits.js';
import type { AdmittedRequest } from '../sockets/session-ws-adapter.js';
import { type SessionDto, toSessionDto } from './session.dto.js';

interface OpenSocket {
  readonly admission: SessionAdmission;
  readonly unwatch: () => void;
  isAlive: boolean;
}

/** Close codes: RFC 6455 §7.4.1 below 4000, ours from there. */
const CLOSE = {
  goingAway: 1001,
  policy: 1008,
  tooSlow: 1013,
  signedOut: 4401,
  deleted: 4404,
} as const;

/**
 * `GET /api/v1/ws/user?session_id=`: pushes the state of a session, first as it is and then after each change, so that a page
 * need not poll. Takes nothing from the page.
 */
@WebSocketGateway({ path: '/api/v1/ws/user' })
export class UserSocketGateway
  implements OnGatewayInit, OnGatewayConnection<WebSocket>, OnGatewayDisconnect<WebSocket>, BeforeApplicationShutdown
{
  private readonly sockets = new Map<WebSocket, OpenSocket>();
  private timer: NodeJS.Timeout | undefined;
  private stopListening: () => void = () => undefined;

  constructor(
    private readonly feed: SessionFeed,
    private readonly admission: Admission,
    private readonly notices: ChangeNotices,
  ) {}

  afterInit(): void {
    this.timer = setInterval(() => {
      this.checkPages();
      this.checkTokens();
    }, API_LIMITS.socketCheckIntervalMs).unref();
    this.stopListening = this.notices.subscribe('api_keys', () => {
      this.checkTokens();
    });
  }

  handleConnection(socket: WebSocket, request: AdmittedRequest): void {
    const { admission } = request;
    if (this.isFull(principalName(admission.principal))) {
      socket.close(CLOSE.tooSlow, 'too many sockets');
      return;
    }
    // Pages send nothing that matters here; a pong proves that the page is there.
    const open: OpenSocket = {
      admission,
      isAlive: true,
      unwatch: this.feed.watch(admission.session, (view) => {
        this.push(socket, admission, view);
      }),
    };
    socket.on('pong', () => {
      open.isAlive = true;
    });
    this.sockets.set(socket, open);
  }

  handleDisconnect(socket: WebSocket): void {
    this.sockets.get(socket)?.unwatch();
    this.sockets.delete(socket);
  }

  beforeApplicationShutdown(): void {
    clearInterval(this.timer);
    this.stopListening();
    for (const socket of this.sockets.keys()) socket.close(CLOSE.goingAway, 'the replica is closing');
  }

  get openCount(): number {
    return this.sockets.size;
  }

  private push(socket: WebSocket, { access }: SessionAdmission, view: SessionView): void {
    if (socket.readyState !== socket.OPEN) return;
    if (view.session.deletedAt !== null) {
      socket.close(CLOSE.deleted, 'the session is deleted');
      return;
    }
    if (socket.bufferedAmount > API_LIMITS.socketBacklogMaxBytes) {
      socket.terminate();
      return;
    }
    socket.send(JSON.stringify(toSessionUpdate(view, access.via === 'owner')));
  }

  private isFull(holder: string): boolean {
    if (this.sockets.size >= API_LIMITS.socketsMaxCount) return true;
    let own = 0;
    for (const { admission } of this.sockets.values()) if (principalName(admission.principal) === holder) own += 1;
    return own >= API_LIMITS.socketsPerUserMaxCount;
  }

  /** Closes sockets whose page is gone. */
  private checkPages(): void {
    for (const [socket, open] of this.sockets) {
      if (open.isAlive) {
        open.isAlive = false;
        socket.ping();
      } else {
        socket.terminate();
      }
    }
  }

  /** Closes sockets whose token is no longer valid. */
  private checkTokens(): void {
    for (const [socket, { admission }] of this.sockets) {
      void this.admission.evictionReason(admission).then((reason) => {
        if (reason !== undefined) socket.close(CLOSE.signedOut, 'signed out');
      });
    }
  }
}

/** One message of `/api/v1/ws/user`: the whole session, as `GET /api/v1/sessions/:id` has it. */
interface SessionUpdateDto {
  readonly type: 'session_update';
  readonly session_id: string;
  readonly session: SessionDto;
}

function toSessionUpdate(view: SessionView, showPin: boolean): SessionUpdateDto {
  return { type: 'session_update', session_id: view.session.id, session: toSessionDto(view, showPin) };
}
