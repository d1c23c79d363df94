import type { Duplex } from 'node:stream';
import type { StreamClass } from './tunnel-stream.js';
import type { RunnerId } from './runner-id.js';

/**
 * One link of a runner, of any generation of the wire. Generations 1 and 2 answer `openStream` with a
 * connection that the runner dials back; a multiplexed generation opens a stream on the link itself. Users of links know only this.
 */
export interface RunnerLink {
  readonly runnerId: RunnerId;
  /** Who authenticated it, such as `runner` or `session:ses_…`. A newer link supersedes only one of the same principal. */
  readonly principal: string;
  readonly transport: LinkTransport;
  readonly remoteAddress: string;
  readonly connectedAt: Date;
  /** Settles once, when the link is gone, for any reason. Never rejects. */
  readonly closed: Promise<LinkEnd>;
  /**
   * Opens one byte stream to the runner's local service. A multiplexed link resolves at once, and what would have been a rejection
   * is then an error of the stream; so are DIAL_TIMEOUT, PICKUP_FAILED and SERVICE_DOWN of a runner that refuses. It owns what is
   * written to it, also after the write's callback: a multiplexed link may have to send it again.
   * @throws RevDialError DIAL_TIMEOUT, DIAL_ABORTED, PICKUP_FAILED, LINK_LOST, LIMIT_REACHED
   */
  openStream(options?: OpenStreamOptions): Promise<Duplex>;
  /** Multiplexed links: has it lost its connection, and waits to be resumed? */
  readonly isResuming?: boolean;
  /**
   * Resolves when the link has a connection, at once where it cannot be without; for at most `limitMs`.
   * @throws RevDialError RUNNER_NOT_CONNECTED, DIAL_QUEUE_FULL, DIAL_ABORTED, and LINK_LOST when the link ends first
   */
  whenConnected?(limitMs: number, signal?: AbortSignal): Promise<void>;
  /** Multiplexed links: calls the listener when the connection is lost and when the link is resumed, until the link ends. */
  onConnectionChange?(listener: (isResuming: boolean) => void): void;
  stats(): LinkStats;
  /**
   * Asks the runner for a sign of life, unless a question is open already; `stats().unansweredMs` tells how long it takes. Does
   * nothing on a link whose runner answers no such questions.
   */
  probe(): void;
  /**
   * Opens no more streams, lets the standing ones finish for at most `graceMs`, then cuts. `reason` is `shutdown` by default.
   * On a link that is gone or closing already it still hurries the streams.
   */
  close(graceMs?: number, reason?: LinkEndReason): Promise<void>;
  /** Cuts the link and all its streams now. */
  destroy(reason: LinkEndReason): void;
}

/** Generation 1, generation 2, and generation 3 over a raw socket or a WebSocket. */
export const LINK_TRANSPORTS = ['hijack', 'websocket', 'mux', 'mux-websocket'] as const;

export type LinkTransport = (typeof LINK_TRANSPORTS)[number];

export interface OpenStreamOptions {
  readonly signal?: AbortSignal;
  /** How long the runner may take to pick up, in milliseconds. */
  readonly timeoutMs?: number;
  /** What gives way to what on a multiplexed link; `interactive` by default. Others do not know it. */
  readonly class?: StreamClass;
}

export interface LinkStats {
  readonly lastSeenAt: Date;
  /** Latest measured round trip in milliseconds; `undefined` where the transport cannot measure one. */
  readonly roundTripMs: number | undefined;
  /** How long the runner has owed a sign of life: an answer to a keep-alive, a ping or a dial. 0 when it owes none. */
  readonly unansweredMs: number;
  readonly openStreamCount: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** Multiplexed links: how long the connection that was lost may still be resumed; `undefined` while it has one. */
  readonly resumeLeftMs?: number;
  /** Multiplexed links: dials that wait for it to be resumed. */
  readonly waitingDialCount?: number;
  /** Multiplexed links: how often it was resumed. */
  readonly resumptionCount?: number;
}

export type LinkEndReason =
  'peer-closed' | 'peer-silent' | 'superseded' | 'protocol-violation' | 'shutdown' | 'revoked' | 'error';

export interface LinkEnd {
  readonly reason: LinkEndReason;
  /** Since when there is no connection. Earlier than the end, by the hold time, where a link could have been resumed. */
  readonly at: Date;
  readonly cause?: unknown;
}
