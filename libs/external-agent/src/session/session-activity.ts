import { LRUCache } from 'lru-cache';
import type { DataSource } from 'typeorm';
import { LIMITS } from '../limits.js';
import type { SessionId } from './session-id.js';
import type { SessionReason } from './session-state.js';
import { SessionWriter } from './session-writer.js';

/**
 * When each desktop was last worked with, and which have been left alone for too long. Work is what changes something:
 * start, resume, input, a paste, an upload, a command. Watching, polling and a link's own traffic are not.
 */
export class SessionActivity {
  readonly #writer: SessionWriter;
  /** Sessions whose activity was written a moment ago: one write tells enough for a while. */
  readonly #written = new LRUCache<SessionId, true>({
    max: LIMITS.sessionDirectoryMaxEntries,
    ttl: LIMITS.activityWriteIntervalMs,
  });

  constructor(dataSource: DataSource) {
    this.#writer = new SessionWriter(dataSource);
  }

  /**
   * The desktop is worked with now. The version stays. Never rejects: what is not written, because the database is
   * away, must not fail the work itself, and is written with the next.
   */
  async note(id: SessionId): Promise<void> {
    if (this.#written.has(id)) return;
    this.#written.set(id, true);
    try {
      await this.#writer.changeMany('noteActivity', { where: 'id = :id', parameters: { id } });
    } catch {
      this.#written.delete(id);
    }
  }

  /**
   * Asks for the stop of desktops that were idle for their limit, those idle for longest first, and returns them.
   * Each is returned to one caller only, whichever replicas ask at the same time; activity that comes first wins.
   */
  async stopIdle(defaultLimitMs: number, reason: SessionReason): Promise<readonly SessionId[]> {
    const isIdle = `state = 'running' AND desired = 'running' AND coalesce(idle_limit_ms, :defaultLimitMs) > 0
      AND last_activity_at < now() - coalesce(idle_limit_ms, :defaultLimitMs) * interval '1 millisecond'`;
    return await this.#writer.changeMany(
      'stopIdle',
      {
        where: `id IN (SELECT id FROM sessions WHERE ${isIdle} ORDER BY last_activity_at LIMIT :limit FOR UPDATE SKIP LOCKED)`,
        parameters: { defaultLimitMs, limit: LIMITS.idleStopsAtOnce },
      },
      { reason },
    );
  }
}
