/** A stream between the API and a local service, of whatever generation. */
export interface RunnerStream {
  /** Settles when both ends are gone. Never rejects. */
  readonly closed: Promise<void>;
  /** Bytes passed on, both ways together. */
  readonly movedByteCount: number;
  /** The last bytes came from the API: an answer of the local service is due, as far as anyone can tell from outside. */
  readonly awaitsAnswer: boolean;
  /** Traffic, where the stream has a connection of its own that could be found idle. */
  ping(): void;
  /** Ends both sides after what was received has been passed on. Idempotent. */
  close(): void;
  /** Cuts both sides. Idempotent. */
  destroy(): void;
}
