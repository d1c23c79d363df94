import type { WolfClient } from '../wolf-client.js';

/** How an answer is spoilt on its way. */
export type SpoiltAnswer =
  'empty' | 'cut' | 'silent' | 'unparseable500' | 'unparseable200' | 'wrong-shape' | 'oversized';

/** A client and the Wolf behind it, which can be asked to misbehave. Each test gets a fresh pair. */
export interface WolfClientHarness {
  readonly client: WolfClient;
  /** A Moonlight client with this id is connected. */
  launchSession(clientId: string, clientUniqueId: string): void;
  /** Spoils the next answers, or all. */
  spoilAnswers(kind: SpoiltAnswer, count?: number): void;
  /** Creates answer that they timed out after this long, and leave their lobby. */
  letCreatesTimeOut(afterMs: number): void;
  /** A client at this address wants to pair; what it is asked under. */
  askToPair(clientIp: string): string;
  /** The PIN that reached Wolf for the client at this address. */
  answeredPin(clientIp: string): string | undefined;
  /** The session holds these keys down (Windows key codes). */
  pressKeys(sessionId: string, keys: readonly number[]): void;
  /** What becomes of events from now on. */
  spoilEvents(kind: 'normal' | 'silent' | 'interleaved' | 'not-json' | 'absent' | 'oversized' | 'pings'): void;
  /** Every stream of events ends. */
  cutEvents(): void;
  /** Streams of events that are open. */
  listenerCount(): number;
  /** Wolf is gone: nothing listens where it was. */
  crash(): Promise<void>;
  /**
   * What a call meets then: generations 1 and 2 of the tunnel cannot say that the service behind them is down other than
   * by a stream that ends before its first byte (revdial-wire §2).
   */
  readonly whenCrashed: 'WOLF_UNREACHABLE' | 'WOLF_EMPTY_ANSWER';
  /** Requests that reached Wolf so far. */
  requestCount(): number;
  connectionCount(): number;
  /** Requests that would have harmed Wolf, or that only its leniency took. Must stay 0. */
  harmCount(): number;
  close(): Promise<void>;
}
