import type { MoonlightFaults } from './moonlight-faults.js';
import type { MoonlightDialect, StreamMode } from './stream-messages.js';

/** A frame that Moonlight Web cannot bear (moonlight-web §3.6). */
export type ViolationKind =
  'ping' | 'pong' | 'binary' | 'fragment' | 'oversized' | 'unmasked' | 'reserved-bits' | 'unknown-opcode';

export interface Violation {
  readonly kind: ViolationKind;
  readonly at: string;
  /** Null before the first message. */
  readonly sessionId: string | null;
}

export interface StreamStatus {
  readonly sessionId: string;
  readonly clientUniqueId: string | null;
  readonly mode: StreamMode;
  readonly hasWebsocket: boolean;
  readonly startedAt: string;
}

/** A first message, without its credentials. */
export interface InitRecord {
  readonly at: string;
  /** What came of it; `malformed` ones have no other members. */
  readonly outcome: InitOutcome;
  readonly credentialsOk?: boolean;
  readonly sessionId?: string;
  readonly clientUniqueId?: string | null;
  readonly mode?: StreamMode;
  readonly hostId?: number;
  readonly appId?: number;
  readonly width?: number;
  readonly height?: number;
  readonly fps?: number;
  readonly bitrate?: number;
  readonly packetSize?: number;
  readonly videoSupportedFormats?: number;
}

export type InitOutcome =
  | 'started'
  | 'joined'
  /** The client did not wait for `UpdateApp`. */
  | 'left'
  | 'malformed'
  | 'not-first'
  | 'unauthenticated'
  | 'AlreadyStreaming'
  | 'SessionNotFound'
  | 'HostNotFound'
  | 'HostNotPaired'
  | 'AppNotFound'
  | 'InternalServerError';

export interface InputRecord {
  readonly clientUniqueId: string | null;
  readonly label: string;
  readonly hex: string;
  readonly at: string;
}

export interface MoonlightStatus {
  readonly dialect: MoonlightDialect;
  readonly sessions: readonly StreamStatus[];
  readonly violations: readonly Violation[];
  /** TCP connections, those of streams included. */
  readonly connectionsOpen: number;
  readonly websocketsOpen: number;
  readonly requestCount: number;
  readonly inits: readonly InitRecord[];
  readonly faults: MoonlightFaults;
}

/** The last entries of something, oldest first. */
export class BoundedLog<T> {
  readonly #capacity: number;
  #entries: T[] = [];

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  add(entry: T): void {
    this.#entries.push(entry);
    if (this.#entries.length > this.#capacity) this.#entries.shift();
  }

  list(): readonly T[] {
    return [...this.#entries];
  }

  clear(): void {
    this.#entries = [];
  }
}
