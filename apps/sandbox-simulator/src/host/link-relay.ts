import { connect, createServer, type Server, type Socket } from 'node:net';

import { RELAY_CONNECTIONS_COUNT, RELAY_QUEUE_MAX_BYTES } from '../limits.js';
import { closeServer, listenOnLoopback } from '../local-server.js';

/** `stalled`: connections stand, no byte passes. `refusing`: new connections are cut at once. */
export type RelayState = 'passing' | 'stalled' | 'refusing';

interface Pair {
  readonly near: Socket;
  readonly far: Socket;
  readonly lanes: readonly [Lane, Lane];
}

/**
 * The wire between a host's agents and the API: a TCP relay on loopback whose connections can be cut, stalled as by a
 * peer that vanished without a word, or delayed.
 */
export class LinkRelay {
  readonly #targetHost: string;
  readonly #targetPort: number;
  readonly #pairs = new Set<Pair>();
  readonly #server: Server;
  #state: RelayState = 'passing';
  #delayMs = 0;

  constructor(targetHost: string, targetPort: number) {
    this.#targetHost = targetHost;
    this.#targetPort = targetPort;
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (near) => {
      this.#accept(near);
    });
    this.#server.maxConnections = RELAY_CONNECTIONS_COUNT;
  }

  /** Resolves to the port on 127.0.0.1. */
  listen(): Promise<number> {
    return listenOnLoopback(this.#server);
  }

  get connectionCount(): number {
    return this.#pairs.size;
  }

  /** Destroys every connection; new ones are accepted. Returns how many there were. */
  cut(): number {
    const count = this.#pairs.size;
    for (const pair of this.#pairs) this.#drop(pair);
    return count;
  }

  setState(state: RelayState): void {
    this.#state = state;
    for (const pair of this.#pairs) for (const lane of pair.lanes) lane.setStalled(state === 'stalled');
  }

  /** Every byte that is read from now on arrives this much later, in order. */
  setDelay(delayMs: number): void {
    this.#delayMs = delayMs;
  }

  async close(): Promise<void> {
    this.cut();
    await closeServer(this.#server);
  }

  #accept(near: Socket): void {
    if (this.#state === 'refusing') {
      near.destroy();
      return;
    }
    const far = connect({ host: this.#targetHost, port: this.#targetPort, allowHalfOpen: true, noDelay: true });
    const delayMs = (): number => this.#delayMs;
    const pair: Pair = { near, far, lanes: [new Lane(near, far, delayMs), new Lane(far, near, delayMs)] };
    this.#pairs.add(pair);
    if (this.#state === 'stalled') for (const lane of pair.lanes) lane.setStalled(true);
    for (const socket of [near, far]) {
      socket.on('error', () => {
        this.#drop(pair);
      });
      socket.once('close', () => {
        if (near.destroyed && far.destroyed) this.#pairs.delete(pair);
      });
    }
  }

  #drop(pair: Pair): void {
    this.#pairs.delete(pair);
    pair.near.destroy();
    pair.far.destroy();
    for (const lane of pair.lanes) lane.destroy();
  }
}

/** One direction of one connection. */
class Lane {
  readonly #from: Socket;
  readonly #to: Socket;
  readonly #delayMs: () => number;
  readonly #queue: { readonly bytes: Buffer | 'end'; readonly dueAt: number }[] = [];
  #queuedBytes = 0;
  #stalled = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(from: Socket, to: Socket, delayMs: () => number) {
    this.#from = from;
    this.#to = to;
    this.#delayMs = delayMs;
    from.on('data', (bytes: Buffer) => {
      this.#take(bytes);
    });
    from.once('end', () => {
      this.#take('end');
    });
    to.on('drain', () => {
      this.#flush();
    });
  }

  setStalled(stalled: boolean): void {
    this.#stalled = stalled;
    if (!stalled) this.#flush();
  }

  destroy(): void {
    clearTimeout(this.#timer);
    this.#queue.length = 0;
  }

  #take(bytes: Buffer | 'end'): void {
    this.#queue.push({ bytes, dueAt: Date.now() + this.#delayMs() });
    if (bytes !== 'end') this.#queuedBytes += bytes.length;
    this.#flush();
    if (this.#queuedBytes > RELAY_QUEUE_MAX_BYTES) this.#from.pause();
  }

  #flush(): void {
    clearTimeout(this.#timer);
    while (!this.#stalled && !this.#to.writableNeedDrain) {
      const next = this.#queue[0];
      if (next === undefined) break;
      const waitMs = next.dueAt - Date.now();
      if (waitMs > 0) {
        this.#timer = setTimeout(() => {
          this.#flush();
        }, waitMs);
        break;
      }
      this.#queue.shift();
      if (next.bytes === 'end') this.#to.end();
      else {
        this.#queuedBytes -= next.bytes.length;
        this.#to.write(next.bytes);
      }
    }
    if (this.#queuedBytes <= RELAY_QUEUE_MAX_BYTES && this.#from.isPaused()) this.#from.resume();
  }
}
