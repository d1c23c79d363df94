import type { SessionView } from '@helix/external-agent';
import { toSessionDto, type SessionDto } from './session.dto.js';

/** One message of `/api/v1/ws/user`: the whole session, as `GET /api/v1/sessions/:id` has it. */
export interface SessionUpdateDto {
  readonly type: 'session_update';
  readonly session_id: string;
  readonly session: SessionDto;
}

export function toSessionUpdate(view: SessionView, showPin: boolean): SessionUpdateDto {
  return { type: 'session_update', session_id: view.session.id, session: toSessionDto(view, showPin) };
}
