import type { PlacementService, WolfInstanceRegistry } from '@helix/scheduler';
import type { DesktopConfig } from '../desktop/desktop-config.js';
import type { ExternalAgentLogger } from '../../external-agent-logger.js';
import type { LastPictureKeeper } from '../../desktop-services/pictures/last-picture-keeper.js';
import type { SessionDirectory } from '../../session/session-directory.js';
import type { SessionId } from '../../session/session-id.js';
import type { SessionRepository } from '../../session/session.repository.js';
import type { LobbyKeeper } from './lobby-keeper.js';

/** Makes and revokes the tokens with which a desktop opens its own link and nothing else. The API's auth implements it. */
export interface SessionTokenIssuer {
  /** A new token for this session's desktop; shown once, stored hashed. */
  issue(sessionId: SessionId, ownerId: string): Promise<string>;
  /** Revokes every token of the session; none is a success. */
  revokeAll(sessionId: SessionId): Promise<void>;
}

/** What is known here of hosts at this very moment. */
export interface HostPresence {
  /** Can the host be asked now, as far as its link tells? */
  isReachable(wolfInstanceId: string): boolean;
  /** When its Wolf was heard last, on `performance.now`; undefined: never. */
  heardAtMs(wolfInstanceId: string): number | undefined;
  /** It gave no answer just now. */
  doubt(wolfInstanceId: string): void;
}

/** What the driver and its steps work with. */
export interface SessionDriverParts {
  readonly repository: SessionRepository;
  readonly directory: SessionDirectory;
  readonly placements: PlacementService;
  readonly instances: WolfInstanceRegistry;
  readonly lobbies: LobbyKeeper;
  readonly hosts: HostPresence;
  readonly pictures: Pick<LastPictureKeeper, 'keep'>;
  readonly tokens: SessionTokenIssuer;
  readonly desktop: DesktopConfig;
  readonly logger: ExternalAgentLogger;
  /** The database's time, by which deadlines on rows are judged. */
  readonly now: () => Date;
  /** The desktop was started, and connects when it has booted. */
  readonly expectDesktop: (sessionId: SessionId) => void;
  /** Cuts the desktop's link when its session ends. */
  readonly disconnect: (sessionId: SessionId) => void;
}
