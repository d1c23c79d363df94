import { runnerIdOf, type RunnerPresence } from '@helix/revdial';
import type { WolfSnapshot } from '@helix/wolf-client';
import { idleStatusOf, type IdleStatus } from './idle-status.js';
import type { SessionEntity } from '../session/session.entity.js';
import { isViewerOf } from '../hosts/client-unique-id.js';
import { reachabilityOf, type Reachability } from './reachability.js';

/**
 * The state of a desktop in the words of Helix's frontend (helix-rest §2.3): `absent` offers to start it, `starting` is busy,
 * `resumable` runs without viewers, `running` is watched. What cannot be reached is neither absent nor starting.
 */
export type DesktopAppState = 'absent' | 'starting' | 'resumable' | 'running';

/** What one session looks like at this moment: its row, and what this replica sees of its desktop and its host. */
export interface SessionView {
  readonly session: SessionEntity;
  readonly appState: DesktopAppState;
  /** `undefined` for a session that should have no desktop now. */
  readonly reachability: Reachability | undefined;
  readonly isDesktopConnected: boolean;
  /** Streams that watch it, as its host said last; `undefined` while nothing is known. */
  readonly viewerCount: number | undefined;
  readonly idle: IdleStatus | undefined;
}

export interface SessionViewsParts {
  readonly presence: Pick<RunnerPresence, 'find' | 'isConnected'>;
  readonly hosts: { snapshotOf(wolfInstanceId: string): WolfSnapshot | undefined };
  readonly localInstanceIds: readonly string[];
  readonly idleLimitMs: number;
  /** The database's time, in which sessions tell of theirs. */
  readonly now: () => Date;
}

/** Looks at sessions. Costs no query and no call to a host: everything is known already. */
export class SessionViews {
  readonly #parts: SessionViewsParts;

  constructor(parts: SessionViewsParts) {
    this.#parts = parts;
  }

  of(session: SessionEntity, now = this.#parts.now()): SessionView {
    const { presence, localInstanceIds, idleLimitMs } = this.#parts;
    const isLocal = session.wolfInstanceId !== null && localInstanceIds.includes(session.wolfInstanceId);
    const reachability = reachabilityOf(session, presence, isLocal, now);
    const viewerCount = this.#viewerCountOf(session);
    return {
      session,
      reachability,
      viewerCount,
      appState: appStateOf(session, viewerCount ?? 0),
      isDesktopConnected: presence.isConnected(runnerIdOf('sandbox', session.id)),
      idle: idleStatusOf(session, idleLimitMs, now),
    };
  }

  #viewerCountOf({ id, state, wolfInstanceId }: SessionEntity): number | undefined {
    if (wolfInstanceId === null || (state !== 'running' && state !== 'stopping')) return 0;
    const snapshot = this.#parts.hosts.snapshotOf(wolfInstanceId);
    return snapshot?.sessions.filter((stream) => isViewerOf(id, stream.clientUniqueId)).length;
  }
}

function appStateOf(session: SessionEntity, viewerCount: number): DesktopAppState {
  switch (session.state) {
    case 'queued':
    case 'placing':
    case 'starting':
      return 'starting';
    case 'running':
      // Also while its container boots and cannot be reached yet: clients take `starting` for a desktop that is paused.
      return viewerCount > 0 ? 'running' : 'resumable';
    case 'stopping':
      // Wanted again before its stop was over: it is started as soon as that is.
      return session.desired === 'running' ? 'starting' : 'absent';
    case 'stopped':
    case 'failed':
      return 'absent';
    default:
      return session.state satisfies never;
  }
}
