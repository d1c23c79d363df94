import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SimulatedWolf } from '../../src/wolf/simulated-wolf.js';
import type { SimulatedWolfOptions } from '../../src/wolf/wolf-process.js';

/** A simulated Wolf in a folder of its own, spoken to in bytes. */
export class RawWolf {
  readonly #sockets = new Set<Socket>();

  private constructor(
    readonly wolf: SimulatedWolf,
    private readonly folder: string,
  ) {}

  static async start(options: Partial<SimulatedWolfOptions> = {}): Promise<RawWolf> {
    const folder = await mkdtemp(join(tmpdir(), 'wolf-'));
    const wolf = new SimulatedWolf({ socketPath: join(folder, 'wolf.sock'), secondStopDelayMs: 20, ...options });
    await wolf.start();
    return new RawWolf(wolf, folder);
  }

  /** Everything that comes back until the connection ends; a reset ends it like a close. */
  async exchange(bytes: string): Promise<string> {
    const socket = this.#connect();
    socket.write(bytes);
    return await readToEnd(socket);
  }

  get(path: string): Promise<string> {
    return this.exchange(`GET /api/v1${path} HTTP/1.1\r\nHost: wolf\r\n\r\n`);
  }

  /** The body is sent as it is when it is a string. */
  post(path: string, body: unknown): Promise<string> {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    const length = Buffer.byteLength(text).toString();
    return this.exchange(
      `POST /api/v1${path} HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\n\r\n${text}`,
    );
  }

  /** Collects what a listener to the event stream receives. */
  async listen(): Promise<EventListener> {
    const socket = this.#connect();
    const listener = new EventListener(socket);
    socket.write('GET /api/v1/events HTTP/1.1\r\n\r\n');
    await listener.until((received) => received.includes('\r\n\r\n'));
    return listener;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await this.wolf.close();
    await rm(this.folder, { recursive: true, force: true });
  }

  #connect(): Socket {
    const socket = connect(this.wolf.socketPath);
    this.#sockets.add(socket);
    return socket;
  }
}

export class EventListener {
  received = '';
  ended = false;
  readonly #socket: Socket;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.setEncoding('utf8');
    socket.on('error', () => undefined);
    socket.on('data', (text: string) => {
      this.received += text;
    });
    socket.on('close', () => {
      this.ended = true;
    });
  }

  get frames(): string {
    return this.received.slice(this.received.indexOf('\r\n\r\n') + 4);
  }

  get names(): readonly string[] {
    return [...this.frames.matchAll(/^event: wolf::core::events::(\w+)$/gm)].map((match) => match[1] ?? '');
  }

  async until(reached: (received: string) => boolean): Promise<void> {
    while (!reached(this.received) && !this.ended) {
      const either = new AbortController();
      const { signal } = either;
      await Promise.race([once(this.#socket, 'data', { signal }), once(this.#socket, 'close', { signal })]).finally(
        () => {
          either.abort();
        },
      );
    }
  }
}

function readToEnd(socket: Socket): Promise<string> {
  return new Promise((resolve, reject) => {
    const pieces: Buffer[] = [];
    socket.on('data', (piece) => pieces.push(Buffer.from(piece)));
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'ECONNRESET' && error.code !== 'EPIPE') reject(error);
    });
    socket.on('close', () => {
      resolve(Buffer.concat(pieces).toString('utf8'));
    });
  });
}

export function reply(status: number, body: string): string {
  return `HTTP/1.0 ${status.toString()} OK\r\nContent-Length: ${Buffer.byteLength(body).toString()}\r\n\r\n${body}`;
}

/** The JSON of a reply. */
export function bodyOf(answer: string): unknown {
  return JSON.parse(answer.slice(answer.indexOf('\r\n\r\n') + 4));
}
