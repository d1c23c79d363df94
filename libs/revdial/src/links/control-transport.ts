import type { LinkEndReason, LinkTransport } from '../runner-link.js';

/** How the bytes of a control connection travel: a hijacked socket or a WebSocket. Knows nothing of lines. */
export interface ControlTransport {
  readonly kind: LinkTransport;
  readonly remoteAddress: string;
  /** Does `ping` ask for an answer? Otherwise only lines can, of runners that answer keep-alives. */
  readonly hasPings: boolean;
  /** Written, and not yet taken by the kernel. */
  readonly unsentByteCount: number;
  /** Called once; events come from then on, none before `start` returns. */
  start(events: ControlTransportEvents): void;
  /** One write; a peer that is gone is reported by `onEnd`, never thrown. */
  send(bytes: Buffer): void;
  /** Asks for a sign of life and measures the round trip; nothing where the wire has no pings. */
  ping(): void;
  /** Ends in order: what was sent still arrives. No event follows. */
  close(reason: LinkEndReason): void;
  /** Cuts. No event follows. */
  destroy(reason: LinkEndReason): void;
}

export interface ControlTransportEvents {
  /** Commands may be sent from now on. */
  onReady(): void;
  onBytes(bytes: Buffer): void;
  /** A sign of life without bytes. */
  onAlive(roundTripMs?: number): void;
  /** At most once; the transport is closed already. */
  onEnd(reason: LinkEndReason, cause?: unknown): void;
}
