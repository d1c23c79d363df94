import type { SessionAccess, SessionEntity } from '@helix/external-agent';
import type { Principal } from '../auth/principal.js';

/** Who was let in to a stream, by which token, and what he may do there. */
export interface StreamAdmission {
  readonly principal: Extract<Principal, { kind: 'user' | 'share' }>;
  readonly token: string;
  readonly session: SessionEntity;
  readonly access: SessionAccess;
}
