import type { Duplex } from 'node:stream';
import type { RunnerId } from './runner-id.js';

/**
 * One standing connection of a runner, of any generation of the wire. Generations 1 and 2 answer `openStream` with a
 * connection that the runner dials back; a multiplexed generation opens a stream on the link itself; a link that lives on
 * another replica forwards. Users of links know only this.
 */
export interface RunnerLink {
  readonly runnerId: RunnerId;
  /** Who authenticated it, such as `runner` or `session:ses_…`. A newer link supersedes only one of the same principal. */
  readonly principal: string;
  readonly transport: LinkTransport;
  readonly remoteAddress: string;
  readonly connectedAt: Date;
  /** Settles once, when the link is gone for whatever reason. Never rejects. */
  readonly closed: Promise<LinkEnd>;
  /**
   * Opens one byte stream to the runner's local service.
   * @throws RevDialError DIAL_TIMEOUT, DIAL_ABORTED, PICKUP_FAILED, LINK_LOST, LIMIT_REACHED
   */
  openStream(options?: OpenStreamOptions): Promise<Duplex>;
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

export type LinkTransport = 'hijack' | 'websocket';

export interface OpenStreamOptions {
  readonly signal?: AbortSignal;
  /** How long the runner may take to pick up, in milliseconds. */
  readonly timeoutMs?: number;
}

export interface LinkStats {
  readonly lastSeenAt: Date;
  /** Latest measured round trip in milliseconds; `undefined` where the transport can not measure one. */
  readonly roundTripMs: number | undefined;
  /** How long the runner has owed a sign of life: an answer to a keep-alive, a ping or a dial. 0 when it owes none. */
  readonly unansweredMs: number;
  readonly openStreamCount: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
}

export type LinkEndReason =
  'peer-closed' | 'peer-silent' | 'superseded' | 'protocol-violation' | 'shutdown' | 'revoked' | 'error';

export interface LinkEnd {
  readonly reason: LinkEndReason;
  readonly at: Date;
  readonly cause?: unknown;
}
