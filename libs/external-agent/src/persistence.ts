import { CreateSessions1764000200000 } from './migrations/1764000200000-create-sessions.js';
import { SessionLife1764001100000 } from './migrations/1764001100000-session-life.js';
import { AnnounceSessionChanges1764002000001 } from './migrations/1764002000001-announce-session-changes.js';
import { CreateSessionShares1764003000001 } from './migrations/1764003000001-create-session-shares.js';
import { SessionPlacement1764004000010 } from './migrations/1764004000010-session-placement.js';
import { PictureTypes1764005000020 } from './migrations/1764005000020-picture-types.js';
import { SessionPictureEntity } from './desktop-services/pictures/last-pictures.js';
import { SessionEntity } from './session/session.entity.js';
import { SessionShareEntity } from './session/shares/session-share.entity.js';

/** For the data source: the tables of this package. */
export const EXTERNAL_AGENT_ENTITIES = [SessionEntity, SessionPictureEntity, SessionShareEntity] as const;
export const EXTERNAL_AGENT_MIGRATIONS = [
  CreateSessions1764000200000,
  SessionLife1764001100000,
  AnnounceSessionChanges1764002000001,
  CreateSessionShares1764003000001,
  SessionPlacement1764004000010,
  PictureTypes1764005000020,
] as const;
