/** Frames written from yamux's public spec, independent of the code under test. */
export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly id: number;
  readonly length: number;
  readonly payload: Buffer;
}

export const [SYN, ACK, FIN, RST] = [1, 2, 4, 8] as const;
export const [DATA, WINDOW_UPDATE, PING, GO_AWAY] = [0, 1, 2, 3] as const;

export function frame(type: number, flags: number, id: number, lengthOrPayload: number | Buffer | string): Buffer {
  const payload = typeof lengthOrPayload === 'number' ? Buffer.alloc(0) : Buffer.from(lengthOrPayload);
  const header = Buffer.alloc(12);
  header.writeUInt8(type, 1);
  header.writeUInt16BE(flags, 2);
  header.writeUInt32BE(id, 4);
  header.writeUInt32BE(typeof lengthOrPayload === 'number' ? lengthOrPayload : payload.length, 8);
  return Buffer.concat([header, payload]);
}

export function parseFrames(bytes: Buffer): Frame[] {
  const frames: Frame[] = [];
  for (let at = 0; at < bytes.length;) {
    const type = bytes.readUInt8(at + 1);
    const length = bytes.readUInt32BE(at + 8);
    const payload = bytes.subarray(at + 12, at + 12 + (type === DATA ? length : 0));
    frames.push({ type, flags: bytes.readUInt16BE(at + 2), id: bytes.readUInt32BE(at + 4), length, payload });
    at += 12 + payload.length;
  }
  return frames;
}
