import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

import { eventually } from '@helix/pacing/testing';

export interface RawFrame {
  readonly opcode: number;
  readonly isFinal?: boolean;
  readonly payload?: Buffer | string;
  readonly reservedBits?: number;
  readonly isMasked?: boolean;
}

/** A WebSocket client that sends frames as they are described and hides nothing of what comes back. */
export class RawStream {
  /** Of each text frame, parsed. */
  readonly messages: unknown[] = [];
  /** Payloads of Close frames. */
  readonly closes: string[] = [];
  /** Opcodes that are neither. */
  readonly others: number[] = [];
  hasEnded = false;
  #pending = Buffer.alloc(0);

  private constructor(
    readonly head: string,
    readonly socket: Socket,
    rest: Buffer,
  ) {
    this.#read(rest);
    socket.on('data', (bytes) => {
      this.#read(bytes);
    });
    socket.on('error', () => undefined);
    socket.once('close', () => (this.hasEnded = true));
    socket.once('end', () => (this.hasEnded = true));
  }

  static async open(address: string, path = '/api/host/stream', headers: readonly string[] = []): Promise<RawStream> {
    const [host, port] = address.split(':');
    const socket = connect({ port: Number(port), host: host!, allowHalfOpen: true });
    const request = [
      `GET ${path} HTTP/1.1`,
      'Host: moonlight-web',
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
      ...headers,
    ];
    socket.write(`${request.join('\r\n')}\r\n\r\n`);
    let bytes = Buffer.alloc(0);
    while (!bytes.includes('\r\n\r\n')) {
      const [chunk] = (await once(socket, 'data')) as [Buffer];
      bytes = Buffer.concat([bytes, chunk]);
    }
    const end = bytes.indexOf('\r\n\r\n');
    return new RawStream(bytes.subarray(0, end).toString(), socket, bytes.subarray(end + 4));
  }

  sendText(payload: string): void {
    this.send({ opcode: 1, payload });
  }

  send(frame: RawFrame): void {
    this.socket.write(encode(frame));
  }

  /** Ends both ways at once, as a killed browser does. */
  drop(): void {
    this.socket.destroy();
  }

  async next(count: number): Promise<unknown[]> {
    await eventually(() => {
      expect(this.messages.length).toBeGreaterThanOrEqual(count);
    });
    return this.messages.slice(0, count);
  }

  async ended(): Promise<void> {
    await eventually(() => {
      expect(this.hasEnded).toBe(true);
    });
  }

  #read(bytes: Buffer): void {
    this.#pending = Buffer.concat([this.#pending, bytes]);
    for (;;) {
      if (this.#pending.length < 2) return;
      const short = this.#pending[1]! & 127;
      const start = short === 127 ? 10 : short === 126 ? 4 : 2;
      if (this.#pending.length < start) return;
      const length =
        start === 2 ? short : start === 4 ? this.#pending.readUInt16BE(2) : Number(this.#pending.readBigUInt64BE(2));
      if (this.#pending.length < start + length) return;
      const opcode = this.#pending[0]! & 15;
      const text = this.#pending.subarray(start, start + length).toString();
      if (opcode === 1) this.messages.push(JSON.parse(text));
      else if (opcode === 8) this.closes.push(text);
      else this.others.push(opcode);
      this.#pending = this.#pending.subarray(start + length);
    }
  }
}

function encode({ opcode, isFinal = true, payload = '', reservedBits = 0, isMasked = true }: RawFrame): Buffer {
  const bytes = Buffer.from(payload);
  const mask = Buffer.from([1, 2, 3, 4]);
  const head = [(isFinal ? 128 : 0) | (reservedBits << 4) | opcode];
  const flag = isMasked ? 128 : 0;
  if (bytes.length < 126) head.push(flag | bytes.length);
  else if (bytes.length < 65_536) head.push(flag | 126, bytes.length >> 8, bytes.length & 255);
  else head.push(flag | 127, 0, 0, 0, 0, ...Buffer.from(Uint32Array.of(bytes.length).buffer).reverse());
  const body = isMasked ? Buffer.concat([mask, bytes.map((byte, index) => byte ^ mask[index & 3]!)]) : bytes;
  return Buffer.concat([Buffer.from(head), body]);
}
