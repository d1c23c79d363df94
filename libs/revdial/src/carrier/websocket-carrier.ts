import type { Socket } from 'node:net';
import { DATA_FRAME_OUT_MAX_BYTES, FRAME_COPY_MAX_BYTES, PONG_UNSENT_MAX_BYTES } from '../limits.js';
import { FRAME_OPCODES, frameHeader, WebSocketViolation } from '../wire/websocket-frame.js';
import { WebSocketFrameReader } from '../wire/websocket-frame-reader.js';
import type { PipeCloseCode } from './byte-pipe.js';
import { CARRIER_MESSAGE_MAX_BYTES } from './limits.js';
import { SocketCarrier } from './socket-carrier.js';

/** Which end of the WebSocket this is. */
export type WebSocketRole = 'client' | 'server';

/** Close codes of RFC 6455 §7.4.1. */
const NORMAL_CLOSURE = 1000;
const GOING_AWAY = 1001;
const PROTOCOL_ERROR = 1002;
/** A control frame's 125 bytes without the code (RFC 6455 §5.5). */
const CLOSE_FRAME_REASON_MAX_BYTES = 123;

/**
 * A WebSocket as a pipe, on the socket that carried its handshake: bytes in binary frames whose boundaries mean nothing, so payload
 * passes as it arrives and no message is collected. A client masks with zeros (ADR 0004). Pings are answered, and do not count as
 * liveness of the link above.
 */
export class WebSocketCarrier extends SocketCarrier {
  readonly #isClient: boolean;
  readonly #frames: WebSocketFrameReader;
  #peerCloseCode: number | undefined;
  #isClosedByPeer = false;
  #isCloseSent = false;

  /** The handshake on `socket` is over; `head` is what came right behind it. */
  constructor(socket: Socket, role: WebSocketRole, head?: Buffer) {
    super(socket, head);
    this.#isClient = role === 'client';
    this.#frames = new WebSocketFrameReader(
      {
        onPing: (payload) => {
          this.#answerPing(payload);
        },
        onClose: (code) => {
          this.#isClosedByPeer = true;
          this.#peerCloseCode = code;
        },
      },
      {
        peer: role === 'client' ? 'server' : 'client',
        maxFrameBytes: CARRIER_MESSAGE_MAX_BYTES,
        maxMessageBytes: CARRIER_MESSAGE_MAX_BYTES,
      },
    );
  }

  protected override encode(chunks: readonly Buffer[]): readonly Buffer[] {
    const byteCount = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
    if (byteCount === 0) return [];
    if (byteCount <= FRAME_COPY_MAX_BYTES) return [this.#copied(FRAME_OPCODES.binary, chunks, byteCount)];
    if (byteCount <= DATA_FRAME_OUT_MAX_BYTES)
      return [frameHeader(FRAME_OPCODES.binary, byteCount, 0, this.#isClient), ...chunks];
    return this.#split(chunks, byteCount);
  }

  protected override receive(chunk: Buffer): void {
    let payload: Buffer;
    try {
      payload = this.#frames.push(chunk);
    } catch (error) {
      if (!(error instanceof WebSocketViolation)) throw error;
      this.#sendClose(error.closeCode, error.message);
      this.destroy('protocol-violation', error);
      return;
    }
    this.deliver(payload);
    if (this.#isClosedByPeer) this.endByPeer(this.#peerCloseCode === PROTOCOL_ERROR ? 'protocol-violation' : 'done');
  }

  protected override sendGoodbye(code: PipeCloseCode): void {
    if (code === 'protocol-violation') this.#sendClose(PROTOCOL_ERROR);
    else this.#sendClose(code === 'shutdown' ? GOING_AWAY : NORMAL_CLOSURE);
  }

  /** `reason` is ours, and ASCII. */
  #sendClose(code: number, reason = ''): void {
    if (this.#isCloseSent) return;
    this.#isCloseSent = true;
    const text = reason.slice(0, CLOSE_FRAME_REASON_MAX_BYTES);
    const payload = Buffer.allocUnsafe(2 + text.length);
    payload.writeUInt16BE(code);
    payload.write(text, 2, 'latin1');
    this.send([this.#copied(FRAME_OPCODES.close, [payload], payload.length)]);
  }

  #answerPing(payload: Buffer): void {
    if (this.#isCloseSent || this.unsentByteCount > PONG_UNSENT_MAX_BYTES) return;
    this.send([this.#copied(FRAME_OPCODES.pong, [payload], payload.length)]);
  }

  /** Header and payload in one buffer. */
  #copied(opcode: 0x2 | 0x8 | 0xa, chunks: readonly Buffer[], byteCount: number): Buffer {
    const frame = frameHeader(opcode, byteCount, byteCount, this.#isClient);
    let at = frame.length - byteCount;
    for (const chunk of chunks) at += chunk.copy(frame, at);
    return frame;
  }

  #split(chunks: readonly Buffer[], byteCount: number): readonly Buffer[] {
    const frames: Buffer[] = [];
    let left = byteCount;
    let roomInFrame = 0;
    for (const chunk of chunks) {
      for (let at = 0; at < chunk.length;) {
        if (roomInFrame === 0) {
          roomInFrame = Math.min(left, DATA_FRAME_OUT_MAX_BYTES);
          frames.push(frameHeader(FRAME_OPCODES.binary, roomInFrame, 0, this.#isClient));
        }
        const end = Math.min(chunk.length, at + roomInFrame);
        frames.push(chunk.subarray(at, end));
        roomInFrame -= end - at;
        left -= end - at;
        at = end;
      }
    }
    return frames;
  }
}
