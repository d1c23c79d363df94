import { ExternalAgentError } from '../../external-agent-error.js';
import { LIMITS } from '../../limits.js';
import type { SessionId } from '../../session/session-id.js';
import { LRUCache } from 'lru-cache';

/** What the table needs to know of a stream. */
export interface SeatedStream {
  readonly sessionId: SessionId;
  readonly wolfInstanceId: string;
  readonly viewerId: string;
}

/** Seats before the screens: how many may watch each session, each host and through this replica. Pending streams count. */
export class ViewerTable<T extends SeatedStream> {
  readonly #streams = new Set<T>();
  readonly #limits: { readonly perSession: number; readonly perHost: number };

  constructor(limits: { readonly perSession: number; readonly perHost: number }) {
    this.#limits = limits;
  }

  get count(): number {
    return this.#streams.size;
  }

  all(): Iterable<T> {
    return this.#streams;
  }

  of(sessionId: SessionId): readonly T[] {
    return [...this.#streams].filter((stream) => stream.sessionId === sessionId);
  }

  find(sessionId: SessionId, viewerId: string): T | undefined {
    return this.of(sessionId).find((stream) => stream.viewerId === viewerId);
  }

  /**
   * Takes a seat for the stream; `leaving` gives its own up.
   * @throws ExternalAgentError TOO_MANY_VIEWERS
   */
  seat(stream: T, leaving?: T): void {
    const others = [...this.#streams].filter((other) => other !== leaving);
    const onHost = others.filter((other) => other.wolfInstanceId === stream.wolfInstanceId);
    const onSession = onHost.filter((other) => other.sessionId === stream.sessionId);
    if (onSession.length >= this.#limits.perSession) throw full('session', this.#limits.perSession);
    if (onHost.length >= this.#limits.perHost) throw full('host', this.#limits.perHost);
    if (others.length >= LIMITS.streamsMaxCount) throw full('replica', LIMITS.streamsMaxCount);
    this.#streams.add(stream);
  }

  leave(stream: T): void {
    this.#streams.delete(stream);
  }
}

function full(where: string, count: number): ExternalAgentError {
  return new ExternalAgentError(
    'TOO_MANY_VIEWERS',
    `the ${where} has as many viewers as it may have (${String(count)}); try again when one has left`,
  );
}

/**
 * Keeps two clients that both believe to be the same viewer from taking each other's place for ever: each connection costs the
 * host a process and a pairing.
 */
export class SupersedeLimit {
  readonly #taken = new LRUCache<string, { count: number }>({
    max: LIMITS.supersedesRemembered,
    ttl: LIMITS.supersedeWindowMs,
    updateAgeOnGet: false,
  });

  /** Notes one more take-over by this viewer; false when there were too many of late. */
  take(viewerKey: string): boolean {
    const taken = this.#taken.get(viewerKey);
    if (taken === undefined) {
      this.#taken.set(viewerKey, { count: 1 });
      return true;
    }
    taken.count += 1;
    return taken.count <= LIMITS.supersedesMaxCount;
  }
}
