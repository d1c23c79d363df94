import { LRUCache } from 'lru-cache';
import { runnerIdOf, type RunnerPresence } from '@helix/revdial';
import { LIMITS } from '../limits.js';
import type { SessionDirectory } from '../session/session-directory.js';
import type { SessionId } from '../session/session-id.js';
import type { SessionEntity } from '../session/session.entity.js';
import type { SessionView, SessionViews } from './session-view.js';

interface Watched {
  session: SessionEntity;
  /** What the listeners were told last, as text. */
  told: string;
  /** When the row was read again last to see whether there was activity since, on `performance.now`. */
  idleReadAtMs: number;
  readonly listeners: Set<(view: SessionView) => void>;
}

/**
 * Tells those who watch a session when its view has changed: its row, whether its desktop can be reached, who views
 * it. Asks the desktops that are watched for signs of life, so that silence is noticed within moments. Also those looked at
 * lately by asking for their state count as watched.
 */
export class SessionFeed {
  readonly #presence: Pick<RunnerPresence, 'probe'>;
  readonly #directory: SessionDirectory;
  readonly #views: SessionViews;
  readonly #watched = new Map<SessionId, Watched>();
  /** On `performance.now`. */
  readonly #glancedAtMs = new LRUCache<SessionId, number>({ max: LIMITS.sessionDirectoryMaxEntries });
  #unsubscribe: () => void = () => undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(presence: Pick<RunnerPresence, 'probe'>, directory: SessionDirectory, views: SessionViews) {
    this.#presence = presence;
    this.#directory = directory;
    this.#views = views;
  }

  start(): void {
    this.#unsubscribe = this.#directory.subscribe((session) => {
      const watched = this.#watched.get(session.id);
      if (watched === undefined) return;
      watched.session = session;
      this.#tell(watched);
    });
    this.#timer ??= setInterval(() => {
      this.#turn();
    }, LIMITS.feedIntervalMs).unref();
  }

  /** No listener hears anything any more. Idempotent. */
  close(): void {
    clearInterval(this.#timer);
    this.#unsubscribe();
    this.#watched.clear();
  }

  get watchedCount(): number {
    return this.#watched.size;
  }

  /** What the session looks like now, for a caller that polls. */
  glance(session: SessionEntity): SessionView {
    this.#glancedAtMs.set(session.id, performance.now());
    return this.#views.of(session);
  }

  /**
   * Calls the listener now and with each change, in the order of changes. Listeners must not throw. Returns what ends it.
   */
  watch(session: SessionEntity, listener: (view: SessionView) => void): () => void {
    let watched = this.#watched.get(session.id);
    if (watched === undefined) {
      watched = { session, told: '', idleReadAtMs: -Infinity, listeners: new Set() };
      this.#watched.set(session.id, watched);
    }
    if (session.version > watched.session.version) watched.session = session;
    const joined = watched;
    joined.listeners.add(listener);
    const view = this.#views.of(joined.session);
    if (joined.listeners.size === 1) joined.told = summaryOf(view);
    listener(view);
    return () => {
      joined.listeners.delete(listener);
      if (joined.listeners.size === 0 && this.#watched.get(session.id) === joined) this.#watched.delete(session.id);
    };
  }

  /** Reads watched sessions again, after changes elsewhere that may have been missed; one of them, or all. */
  async refresh(id?: SessionId): Promise<void> {
    const ids = id === undefined ? [...this.#watched.keys()] : this.#watched.has(id) ? [id] : [];
    // One after another: after a database's return there may be thousands.
    for (const each of ids) await this.#directory.get(each).catch(() => undefined);
  }

  #turn(): void {
    const nowMs = performance.now();
    for (const [id, glancedAtMs] of this.#glancedAtMs.entries()) {
      if (nowMs - glancedAtMs < LIMITS.glanceLastsMs) this.#probe(id);
      else this.#glancedAtMs.delete(id);
    }
    for (const [id, watched] of this.#watched) {
      this.#probe(id);
      this.#checkIdle(watched);
      this.#tell(watched);
    }
  }

  /** Activity changes no version, so that no listener hears of it: before a warning and while one stands the row is read again. */
  #checkIdle(watched: Watched): void {
    if (this.#views.of(watched.session).idle?.isWarned !== true) return;
    const nowMs = performance.now();
    if (nowMs - watched.idleReadAtMs < LIMITS.idleRereadMs) return;
    watched.idleReadAtMs = nowMs;
    this.#directory.get(watched.session.id).then(
      (session) => {
        if (session.version >= watched.session.version) watched.session = session;
      },
      () => undefined,
    );
  }

  #probe(id: SessionId): void {
    this.#presence.probe(runnerIdOf('sandbox', id));
  }

  #tell(watched: Watched): void {
    const view = this.#views.of(watched.session);
    const summary = summaryOf(view);
    if (summary === watched.told) return;
    watched.told = summary;
    for (const listener of [...watched.listeners]) listener(view);
  }
}

/** What makes two looks different; seconds that are left count, of the minutes for a lost host steps of ten; milliseconds do not. */
function summaryOf({ session, appState, reachability, viewerCount, isDesktopConnected, idle }: SessionView): string {
  const stepMs = reachability?.state === 'host-lost' ? 10_000 : 1_000;
  const leftMs = reachability !== undefined && 'leftMs' in reachability ? reachability.leftMs : undefined;
  const left = leftMs === undefined ? '' : Math.ceil(leftMs / stepMs);
  return [session.version, appState, reachability?.state, left, viewerCount, isDesktopConnected, idle?.isWarned].join(
    ' ',
  );
}
