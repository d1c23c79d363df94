import { randomBytes } from 'node:crypto';
import { DATA_FRAME_IN_MAX_BYTES } from '../limits.js';
import { WebSocketFrameReader } from './websocket-frame-reader.js';
import { WebSocketViolation } from './websocket-frame.js';

interface FrameShape {
  readonly opcode?: number;
  readonly fin?: boolean;
  readonly reserved?: number;
  readonly key?: Buffer | undefined;
  /** What the header says, where it is not the truth. */
  readonly announcedBytes?: number;
}

const ZERO_KEY = Buffer.alloc(4);
const [CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG] = [0x0, 0x1, 0x2, 0x8, 0x9, 0xa];

/** A frame of a client by the book (RFC 6455 §5.2), byte by byte and in no way clever. */
function frame(payload: Buffer, shape: FrameShape = {}): Buffer {
  const { opcode = BINARY, fin = true, reserved = 0, announcedBytes = payload.length } = shape;
  const key = 'key' in shape ? shape.key : ZERO_KEY;
  const head = [(fin ? 0x80 : 0) | (reserved << 4) | opcode];
  const maskBit = key === undefined ? 0 : 0x80;
  let length: Buffer;
  if (announcedBytes < 126) {
    head.push(maskBit | announcedBytes);
    length = Buffer.alloc(0);
  } else if (announcedBytes < 0x10000) {
    head.push(maskBit | 126);
    length = Buffer.alloc(2);
    length.writeUInt16BE(announcedBytes);
  } else {
    head.push(maskBit | 127);
    length = Buffer.alloc(8);
    length.writeBigUInt64BE(BigInt(announcedBytes));
  }
  const masked = Buffer.from(payload.map((byte, n) => byte ^ (key?.[n % 4] ?? 0)));
  return Buffer.concat([Buffer.from(head), length, key ?? Buffer.alloc(0), masked]);
}

function closeFrame(code: number): Buffer {
  const payload = Buffer.alloc(2);
  payload.writeUInt16BE(code);
  return frame(payload, { opcode: CLOSE });
}

class Reading {
  readonly pings: string[] = [];
  readonly closes: (number | undefined)[] = [];
  readonly payload: Buffer[] = [];
  readonly #reader = new WebSocketFrameReader({
    onPing: (payload) => this.pings.push(payload.toString('latin1')),
    onClose: (code) => this.closes.push(code),
  });

  /** A chunk is the reader's to change, so it gets one of its own. */
  push(chunk: Buffer): void {
    this.payload.push(this.#reader.push(Buffer.from(chunk)));
  }

  get bytes(): Buffer {
    return Buffer.concat(this.payload);
  }
}

function read(...chunks: readonly Buffer[]): Reading {
  const reading = new Reading();
  for (const chunk of chunks) reading.push(chunk);
  return reading;
}

function violationOf(...chunks: readonly Buffer[]): WebSocketViolation | undefined {
  try {
    read(...chunks);
  } catch (error) {
    if (error instanceof WebSocketViolation) return error;
    throw error;
  }
  return undefined;
}

/** The same numbers in every run: a failure can be repeated. */
function dice(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

describe('WebSocketFrameReader', () => {
  it.each([0, 1, 125, 126, 127, 65_535, 65_536, 200_000])('reads a frame of %i bytes', (length) => {
    const payload = randomBytes(length);
    expect(read(frame(payload)).bytes.equals(payload)).toBe(true);
    expect(read(frame(payload, { key: randomBytes(4) })).bytes.equals(payload)).toBe(true);
  });

  it('hands payload out before its frame is whole, and without copying it', () => {
    const whole = frame(Buffer.from('abcdef'));
    const reader = new WebSocketFrameReader({ onPing: () => undefined, onClose: () => undefined });
    const first = Buffer.from(whole.subarray(0, 9));
    const payload = reader.push(first);
    expect(payload.toString()).toBe('abc');
    expect(payload.buffer).toBe(first.buffer);
    expect(reader.push(Buffer.from(whole.subarray(9))).toString()).toBe('def');
  });

  it('moves the payload of several frames in one chunk together', () => {
    for (const lengths of [
      [10, 90, 3],
      [90, 10, 0, 40],
      [1, 1, 1, 1, 1],
      [70_000, 30, 70_000],
    ]) {
      const payloads = lengths.map((length) => randomBytes(length));
      const reading = read(Buffer.concat(payloads.map((payload) => frame(payload, { key: randomBytes(4) }))));
      expect(reading.payload).toHaveLength(1);
      expect(reading.bytes.equals(Buffer.concat(payloads))).toBe(true);
    }
  });

  it('reads messages in fragments with control frames between them, empty fragments included', () => {
    const reading = read(
      Buffer.concat([
        frame(Buffer.from('one '), { fin: false }),
        frame(Buffer.from('are you there'), { opcode: PING }),
        frame(Buffer.alloc(0), { opcode: CONTINUATION, fin: false }),
        frame(Buffer.from('ignored'), { opcode: PONG }),
        frame(Buffer.from('two '), { opcode: CONTINUATION }),
        frame(Buffer.from('three')),
        frame(Buffer.alloc(0), { opcode: PING }),
      ]),
    );
    expect(reading.bytes.toString()).toBe('one two three');
    expect(reading.pings).toEqual(['are you there', '']);
  });

  it('reads any sequence of frames the same, however it is cut into chunks', () => {
    for (let seed = 1; seed <= 100; seed += 1) {
      const roll = dice(seed);
      const frames: Buffer[] = [];
      const payloads: Buffer[] = [];
      const pings: string[] = [];
      let isInMessage = false;
      for (let n = roll(12) + 1; n > 0; n -= 1) {
        const key = roll(2) === 0 ? ZERO_KEY : randomBytes(4);
        if (roll(4) === 0) {
          const payload = randomBytes(roll(126));
          pings.push(payload.toString('latin1'));
          frames.push(frame(payload, { opcode: PING, key }));
          continue;
        }
        const payload = randomBytes([roll(8), roll(200), 120 + roll(12), 65_530 + roll(12)][roll(4)] ?? 0);
        const fin = roll(3) > 0;
        payloads.push(payload);
        frames.push(frame(payload, { opcode: isInMessage ? CONTINUATION : BINARY, fin, key }));
        isInMessage = !fin;
      }
      const bytes = Buffer.concat([...frames, closeFrame(1000)]);
      const reading = new Reading();
      const chunkBytes = [1, 3, 20, 700, 70_000][roll(5)] ?? 1;
      for (let at = 0; at < bytes.length;) {
        const end = Math.min(bytes.length, at + 1 + roll(chunkBytes));
        reading.push(bytes.subarray(at, end));
        at = end;
      }
      expect({ seed, isSame: reading.bytes.equals(Buffer.concat(payloads)) }).toEqual({ seed, isSame: true });
      expect(reading.pings).toEqual(pings);
      expect(reading.closes).toEqual([1000]);
    }
  });

  it('survives noise: it reads or refuses, and hands out no more than it was given', () => {
    for (let seed = 1; seed <= 500; seed += 1) {
      const roll = dice(seed);
      const noise: Buffer[] = Array.from({ length: roll(20) + 1 }, () => randomBytes(roll(40)));
      // Half of them begin well, so that more than the first two bytes are tried.
      if (roll(2) === 0) noise.unshift(frame(randomBytes(roll(30)), { announcedBytes: roll(200) }));
      const reading = new Reading();
      try {
        for (const chunk of noise) reading.push(chunk);
      } catch (error) {
        expect(error).toBeInstanceOf(WebSocketViolation);
      }
      expect(reading.bytes.length).toBeLessThanOrEqual(Buffer.concat(noise).length);
    }
  });

  it.each([1000, 1001, 1003, 1011, 3000, 4999])('tells of the close code %i and hears nothing after it', (code) => {
    const reading = read(Buffer.concat([frame(Buffer.from('last')), closeFrame(code), Buffer.from('not a frame')]));
    reading.push(frame(Buffer.from('more')));
    expect(reading.bytes.toString()).toBe('last');
    expect(reading.closes).toEqual([code]);
  });

  it('reads a close frame without a code', () => {
    expect(read(frame(Buffer.alloc(0), { opcode: CLOSE })).closes).toEqual([undefined]);
  });

  it.each<[string, Buffer, number]>([
    ['an unmasked frame', frame(Buffer.from('x'), { key: undefined }), 1002],
    ['a text frame', frame(Buffer.from('x'), { opcode: TEXT }), 1003],
    ['reserved bits', frame(Buffer.from('x'), { reserved: 4 }), 1002],
    ['a reserved opcode', frame(Buffer.from('x'), { opcode: 0x3 }), 1002],
    ['a reserved control opcode', frame(Buffer.alloc(0), { opcode: 0xb }), 1002],
    ['a continuation of nothing', frame(Buffer.from('x'), { opcode: CONTINUATION }), 1002],
    ['a message in a message', Buffer.concat([frame(Buffer.alloc(0), { fin: false }), frame(Buffer.alloc(0))]), 1002],
    ['a fragmented ping', frame(Buffer.alloc(0), { opcode: PING, fin: false }), 1002],
    ['a ping of 126 bytes', frame(Buffer.alloc(126), { opcode: PING }), 1002],
    ['a frame past the limit', frame(Buffer.alloc(0), { announcedBytes: DATA_FRAME_IN_MAX_BYTES + 1 }), 1009],
    ['a length beyond all numbers', frame(Buffer.alloc(0), { announcedBytes: 2 ** 63 }), 1009],
    ['half a close code', frame(Buffer.from([3]), { opcode: CLOSE }), 1002],
    ['a close code that is never sent', closeFrame(1006), 1002],
    ['a close code that is no number of a code', closeFrame(12), 1002],
  ])('refuses %s', (_what, bytes, closeCode) => {
    expect(violationOf(bytes)).toMatchObject({ code: 'PROTOCOL_VIOLATION', closeCode });
    const single = Array.from(bytes, (byte) => Buffer.from([byte]));
    expect(violationOf(...single)).toMatchObject({ code: 'PROTOCOL_VIOLATION', closeCode });
  });

  it('takes a frame as long as the limit', () => {
    expect(violationOf(frame(Buffer.alloc(10), { announcedBytes: DATA_FRAME_IN_MAX_BYTES }))).toBeUndefined();
  });
});
