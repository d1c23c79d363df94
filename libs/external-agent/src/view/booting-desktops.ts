import { runnerIdOf, type ConnectionManager, type RunnerId, type RunnerStatus } from '@helix/revdial';
import type { SessionId } from '../session/session-id.js';

/**
 * Desktops that were started a moment ago and have not connected yet. Whoever asks for their first picture waits for them, as
 * for a lost link, instead of being told that there is nobody; and they are not taken for such that lost their link. Holds no
 * more than the connection manager has runners.
 */
export class BootingDesktops {
  readonly #connections: Pick<ConnectionManager, 'expect' | 'find' | 'subscribe'>;
  readonly #principalOf: (sessionId: SessionId) => string;
  readonly #booting = new Set<RunnerId>();
  #unsubscribe: () => void = () => undefined;

  constructor(
    connections: Pick<ConnectionManager, 'expect' | 'find' | 'subscribe'>,
    principalOf: (sessionId: SessionId) => string,
  ) {
    this.#connections = connections;
    this.#principalOf = principalOf;
  }

  start(): void {
    this.#unsubscribe = this.#connections.subscribe(({ type, runnerId }) => {
      if (type === 'connected' || type === 'gone') this.#booting.delete(runnerId);
    });
  }

  /** Idempotent. */
  close(): void {
    this.#unsubscribe();
    this.#booting.clear();
  }

  /** From now on, and for the grace period, dials to the session's desktop wait for it. Nothing happens when it is there. */
  expect(sessionId: SessionId): void {
    const runnerId = runnerIdOf('sandbox', sessionId);
    if (this.#connections.find(runnerId) !== undefined) return;
    this.#connections.expect(runnerId, this.#principalOf(sessionId));
    if (this.#connections.find(runnerId) !== undefined) this.#booting.add(runnerId);
  }

  /** As `ConnectionManager.find`, of runners that were connected: those that boot are not known yet. */
  find(runnerId: RunnerId): RunnerStatus | undefined {
    return this.#booting.has(runnerId) ? undefined : this.#connections.find(runnerId);
  }
}
