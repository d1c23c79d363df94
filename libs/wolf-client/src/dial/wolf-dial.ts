import type { Duplex } from 'node:stream';

/**
 * Opens a fresh byte stream to one Wolf. When the signal aborts, the dial rejects and leaves nothing open. Rejects with
 * whatever its way of dialing throws; the client wraps that as WOLF_UNREACHABLE.
 */
export type WolfDial = (signal: AbortSignal) => Promise<Duplex>;
