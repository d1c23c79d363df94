import { connect, createServer, type Socket } from 'node:net';

/**
 * Benchmark process: a TCP proxy that makes loopback as long as a real way. `delaying-proxy.js <target port> <delay each way, ms>
 * [Mbit/s each way]`; prints `ready` with its port. What is on its way is bounded as by a kernel's window.
 */
const [targetPort = 0, delayMs = 0, mbits = Infinity] = process.argv.slice(2).map(Number);
const BYTES_PER_MS = (mbits * 1_000_000) / 8 / 1_000;
/** Linux's usual `tcp_rmem`: no connection has more on its way. */
const ON_THE_WAY_MAX_BYTES = 6 * 1024 * 1024;
/** What waits in front of a slow line: 50 ms of it, as in a router. */
const QUEUE_MAX_BYTES = mbits === Infinity ? Infinity : BYTES_PER_MS * 50;

interface Piece {
  readonly bytes: Buffer;
  /** When it is to arrive. */
  readonly dueAtMs: number;
}

/** One direction of one connection. Order is kept: one timer for the oldest piece, and not one for each. */
class DelayedWay {
  readonly #from: Socket;
  readonly #to: Socket;
  readonly #pieces: Piece[] = [];
  #waitingBytes = 0;
  /** When the line has taken what came so far. */
  #freeAtMs = 0;
  #timer: NodeJS.Timeout | undefined;
  #hasEnded = false;

  constructor(from: Socket, to: Socket) {
    this.#from = from;
    this.#to = to;
    from.on('data', (bytes) => {
      this.#take(bytes);
    });
    from.on('end', () => {
      this.#hasEnded = true;
      this.#plan();
    });
    to.on('drain', () => {
      this.#resumeIfRoom();
    });
  }

  #take(bytes: Buffer): void {
    const nowMs = performance.now();
    this.#freeAtMs = Math.max(nowMs, this.#freeAtMs) + bytes.length / BYTES_PER_MS;
    this.#pieces.push({ bytes, dueAtMs: this.#freeAtMs + delayMs });
    this.#waitingBytes += bytes.length;
    if (!this.#hasRoom) this.#from.pause();
    this.#plan();
  }

  get #hasRoom(): boolean {
    const atOnceBytes = Math.min(ON_THE_WAY_MAX_BYTES, QUEUE_MAX_BYTES + BYTES_PER_MS * delayMs);
    return this.#waitingBytes < atOnceBytes && !this.#to.writableNeedDrain;
  }

  #plan(): void {
    if (this.#timer !== undefined) return;
    const [oldest] = this.#pieces;
    if (oldest !== undefined) {
      this.#timer = setTimeout(
        () => {
          this.#timer = undefined;
          this.#deliver();
        },
        Math.max(0, oldest.dueAtMs - performance.now()),
      );
    } else if (this.#hasEnded) {
      this.#to.end();
    }
  }

  #deliver(): void {
    // A timer may be early by a part of a millisecond.
    const nowMs = performance.now() + 0.5;
    let count = 0;
    for (const { bytes, dueAtMs } of this.#pieces) {
      if (dueAtMs > nowMs) break;
      count += 1;
      this.#waitingBytes -= bytes.length;
      if (!this.#to.destroyed) this.#to.write(bytes);
    }
    this.#pieces.splice(0, count);
    this.#resumeIfRoom();
    this.#plan();
  }

  #resumeIfRoom(): void {
    if (this.#from.isPaused() && this.#hasRoom) this.#from.resume();
  }
}

const server = createServer({ allowHalfOpen: true, noDelay: true }, (accepted) => {
  const onward = connect({ port: targetPort, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
  new DelayedWay(accepted, onward);
  new DelayedWay(onward, accepted);
  for (const [one, other] of [
    [accepted, onward],
    [onward, accepted],
  ] as const) {
    one.on('error', () => other.destroy());
    one.on('close', (hadError) => {
      if (hadError) other.destroy();
    });
  }
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  process.stdout.write(`${JSON.stringify({ msg: 'ready', port })}\n`);
});
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => process.exit(0));
