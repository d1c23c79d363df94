import type { SessionEntity } from '@helix/external-agent';
import type { UserPrincipal } from '../auth/access.decorator.js';

/** Who was let in to a WebSocket, by which token, and the session it is about. */
export interface SocketAdmission {
  readonly principal: UserPrincipal;
  readonly token: string;
  readonly session: SessionEntity;
}
