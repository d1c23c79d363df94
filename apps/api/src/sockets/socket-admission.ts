import type { IncomingMessage } from 'node:http';
import type { SessionEntity } from '@helix/external-agent';
import type { UserPrincipal } from '../auth/access.decorator.js';

/** Who was let in to a WebSocket, by which token, and the session it is about. */
export interface SocketAdmission {
  readonly principal: UserPrincipal;
  readonly token: string;
  readonly session: SessionEntity;
}

/** Why a WebSocket is refused, as an HTTP answer before any upgrade. */
export interface SocketRefusal {
  readonly status: number;
  readonly message: string;
  /** As in `docs/errors.md`. */
  readonly code?: string;
  readonly retryAfterS?: number;
}

/** Decides about upgrades to one path. */
export type AdmitSocket = (request: IncomingMessage) => Promise<SocketAdmission | SocketRefusal>;
