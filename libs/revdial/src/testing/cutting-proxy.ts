import type { AddressInfo, Server, Socket } from 'node:net';
import { connect, createServer } from 'node:net';

/** How a connection ends in the wild: by a reset, by silence, or in the middle of what it was just carrying. */
export type CutKind = 'reset' | 'silence' | 'half';

export interface CuttingProxyOptions {
  readonly targetPort: number;
  /** Each way. */
  readonly latencyMs?: number;
  /** Each way; what does not fit waits in the kernels' buffers, as in front of a slow line. */
  readonly bytesPerSecond?: number;
}

export interface CutSchedule {
  /** The same seed cuts in the same order. */
  readonly seed: number;
  readonly minMs: number;
  readonly maxMs: number;
  readonly kinds: readonly CutKind[];
}

/** Read and not yet passed on; beyond it the proxy stops reading. */
const BACKLOG_MAX_BYTES = 64 * 1024;

/** A TCP relay on loopback that breaks connections when it is told to, or by a schedule. */
export class CuttingProxy {
  readonly #server: Server;
  readonly #options: CuttingProxyOptions;
  readonly #relays = new Set<Relay>();
  #timer: NodeJS.Timeout | undefined;
  #cutCount = 0;

  private constructor(server: Server, options: CuttingProxyOptions) {
    this.#server = server;
    this.#options = options;
  }

  static async listen(options: CuttingProxyOptions): Promise<CuttingProxy> {
    const server = createServer({ allowHalfOpen: true, noDelay: true });
    const proxy = new CuttingProxy(server, options);
    server.on('connection', (socket) => {
      const relay = new Relay(socket, options);
      proxy.#relays.add(relay);
      relay.onGone = () => proxy.#relays.delete(relay);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get targetPort(): number {
    return this.#options.targetPort;
  }

  /** Connections cut so far. */
  get cutCount(): number {
    return this.#cutCount;
  }

  get connectionCount(): number {
    return this.#relays.size;
  }

  /** Breaks every connection that stands. */
  cut(kind: CutKind): void {
    for (const relay of this.#relays) if (relay.cut(kind)) this.#cutCount += 1;
  }

  cutBySchedule(schedule: CutSchedule): void {
    const { seed, minMs, maxMs, kinds } = schedule;
    let state = seed >>> 0;
    const roll = (): number => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return state / 2 ** 32;
    };
    const plan = (): void => {
      this.#timer = setTimeout(
        () => {
          const kind = kinds[Math.floor(roll() * kinds.length)];
          if (kind !== undefined) this.cut(kind);
          plan();
        },
        minMs + roll() * (maxMs - minMs),
      );
    };
    plan();
  }

  stopCutting(): void {
    clearTimeout(this.#timer);
  }

  async close(): Promise<void> {
    this.stopCutting();
    for (const relay of this.#relays) relay.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

class Relay {
  onGone: () => unknown = () => undefined;
  readonly #ends: readonly [Socket, Socket];
  #isSilent = false;
  #isCutByHalf = false;
  #isCut = false;

  constructor(accepted: Socket, options: CuttingProxyOptions) {
    const onward = connect({ port: options.targetPort, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
    this.#ends = [accepted, onward];
    this.#pass(accepted, onward, options);
    this.#pass(onward, accepted, options);
    for (const end of this.#ends) {
      end.on('error', () => undefined);
      end.on('close', () => {
        // Silence outlives one end: the other is not told.
        if (!this.#isSilent) this.destroy();
        else if (this.#ends.every(({ closed }) => closed)) this.onGone();
      });
    }
  }

  /** `false`: it was cut before. */
  cut(kind: CutKind): boolean {
    if (this.#isCut) return false;
    this.#isCut = true;
    if (kind === 'silence') {
      this.#isSilent = true;
      for (const end of this.#ends) end.pause();
    } else if (kind === 'half') {
      this.#isCutByHalf = true;
    } else {
      for (const end of this.#ends) end.resetAndDestroy();
    }
    return true;
  }

  destroy(): void {
    for (const end of this.#ends) end.destroy();
    this.onGone();
  }

  #pass(from: Socket, to: Socket, { latencyMs = 0, bytesPerSecond = Infinity }: CuttingProxyOptions): void {
    let backlogBytes = 0;
    let freeAtMs = 0;
    // In order, whichever timer comes first.
    const waiting: (() => void)[] = [];
    const next = (): void => waiting.shift()?.();
    from.on('data', (bytes: Buffer) => {
      if (this.#isSilent) return;
      if (this.#isCutByHalf) {
        // Half a piece arrives, and then the connection ends as if that were all.
        for (const end of this.#ends) end.removeAllListeners('data');
        waiting.push(() => {
          to.end(bytes.subarray(0, bytes.length >> 1), () => {
            this.destroy();
          });
        });
        setTimeout(next, latencyMs + Math.max(0, freeAtMs - performance.now()));
        return;
      }
      const nowMs = performance.now();
      freeAtMs = Math.max(nowMs, freeAtMs) + (bytes.length * 1000) / bytesPerSecond;
      const waitMs = freeAtMs + latencyMs - nowMs;
      backlogBytes += bytes.length;
      const forward = (): void => {
        backlogBytes -= bytes.length;
        if (this.#isSilent || to.destroyed) return;
        if (!to.write(bytes)) {
          from.pause();
          to.once('drain', () => {
            if (!this.#isSilent) from.resume();
          });
        } else if (from.isPaused() && backlogBytes < BACKLOG_MAX_BYTES) from.resume();
      };
      waiting.push(forward);
      if (waitMs < 1 && waiting.length === 1) next();
      else setTimeout(next, waitMs);
      if (bytesPerSecond !== Infinity && backlogBytes >= BACKLOG_MAX_BYTES) from.pause();
    });
    from.on('end', () => {
      if (this.#isSilent) return;
      waiting.push(() => to.end());
      setTimeout(next, latencyMs + Math.max(0, freeAtMs - performance.now()));
    });
  }
}
