import { CreateSessions1764000200000 } from './migrations/1764000200000-create-sessions.js';
import { AnnounceSessionChanges1764002000001 } from './migrations/1764002000001-announce-session-changes.js';
import { SessionEntity } from './session/session.entity.js';

/** For the data source: the tables of this package. */
export const EXTERNAL_AGENT_ENTITIES = [SessionEntity] as const;
export const EXTERNAL_AGENT_MIGRATIONS = [CreateSessions1764000200000, AnnounceSessionChanges1764002000001] as const;
