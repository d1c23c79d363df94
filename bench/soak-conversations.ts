import { randomBytes, randomInt } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** Longer than any cut, its discovery and the way back. */
const ANSWER_LIMIT_MS = 25_000;
const PAUSE_MS = 20;
const BLOCK_MAX_BYTES = 16 * 1024;
const BULK_BYTES = 4 * 1024 * 1024;
const BULK_PAUSE_MS = 400;

/** Streams that say something, wait for the very same to come back, and after a while give way to others. */
export class Conversations {
  bytes = 0;
  errors = 0;
  streams = 0;
  readonly #ports: { readonly stream: number; readonly bulk: number };
  readonly #talks: Promise<void>[] = [];
  #isOver = false;

  constructor(streamPort: number, bulkPort: number) {
    this.#ports = { stream: streamPort, bulk: bulkPort };
  }

  start(conversationCount: number, bulkCount: number): void {
    for (let one = 0; one < conversationCount; one += 1) this.#talks.push(this.#again(() => this.#converse()));
    for (let one = 0; one < bulkCount; one += 1) this.#talks.push(this.#again(() => this.#bulk()));
    this.#talks.push(this.#again(() => this.#askAndEnd()));
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#talks);
  }

  async #again(talk: () => Promise<void>): Promise<void> {
    while (!this.#isOver) {
      try {
        await talk();
      } catch (error) {
        this.errors += 1;
        process.stderr.write(`  ${error instanceof Error ? error.message : String(error)}\n`);
        await delay(500);
      }
    }
  }

  async #converse(): Promise<void> {
    const socket = await this.#open(this.#ports.stream);
    for (let left = randomInt(1, 200); left > 0 && !this.#isOver; left -= 1) {
      await this.#exchange(socket, randomBytes(randomInt(1, BLOCK_MAX_BYTES)));
      await delay(PAUSE_MS);
    }
    // Some end politely, some do not.
    if (randomInt(2) === 0) socket.destroy();
    else socket.end();
  }

  async #bulk(): Promise<void> {
    const socket = await this.#open(this.#ports.bulk);
    await this.#exchange(socket, randomBytes(BULK_BYTES));
    socket.end();
    await delay(BULK_PAUSE_MS);
  }

  /** The other end closes right behind its last byte, while most of them are unread. */
  async #askAndEnd(): Promise<void> {
    const socket = await this.#open(this.#ports.stream);
    const sent = randomBytes(randomInt(1, 50 * BLOCK_MAX_BYTES));
    socket.pause();
    socket.end(sent);
    await delay(PAUSE_MS);
    const got: Buffer[] = [];
    const timer = setTimeout(() => socket.destroy(), ANSWER_LIMIT_MS);
    for await (const piece of socket) got.push(piece as Buffer);
    clearTimeout(timer);
    if (!Buffer.concat(got).equals(sent)) throw new Error('what a closing service sent came otherwise');
    this.bytes += sent.length;
    await delay(PAUSE_MS);
  }

  async #open(port: number): Promise<Socket> {
    const socket = connect({ port, host: '127.0.0.1' });
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    this.streams += 1;
    return socket;
  }

  async #exchange(socket: Socket, sent: Buffer): Promise<void> {
    const got: Buffer[] = [];
    let byteCount = 0;
    const came = new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => {
        fail(`${String(byteCount)} of ${String(sent.length)} bytes came back in time`);
      }, ANSWER_LIMIT_MS);
      const fail = (why: string): void => {
        settle();
        socket.destroy();
        reject(new Error(why));
      };
      const onData = (bytes: Buffer): void => {
        got.push(bytes);
        byteCount += bytes.length;
        if (byteCount < sent.length) return;
        settle();
        resolve();
      };
      const onClose = (): void => {
        fail(`the stream ended after ${String(byteCount)} of ${String(sent.length)} bytes`);
      };
      const settle = (): void => {
        clearTimeout(timer);
        socket.off('data', onData);
        socket.off('close', onClose);
      };
      socket.on('data', onData);
      socket.once('close', onClose);
    });
    socket.write(sent);
    await came;
    if (!Buffer.concat(got).equals(sent)) throw new Error('other bytes came back than were sent');
    this.bytes += sent.length;
  }
}
