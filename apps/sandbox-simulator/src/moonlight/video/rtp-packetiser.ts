/** What fits into a packet of any network with everything around it (moonlight-web §9.1). */
const PAYLOAD_MAX_BYTES = 1100;
const HEADER_BYTES = 12;
const FRAGMENT_TYPE = 28;

/** NAL units as packets of RTP: whole ones, or fragments of those that are too long (RFC 6184, FU-A). */
export class RtpPacketiser {
  readonly #payloadType: number;
  #sequenceNumber = 0;

  constructor(payloadType: number) {
    this.#payloadType = payloadType;
  }

  /** The packets of one picture, the last of them marked. `timestamp` counts 90 000 a second. */
  picture(units: readonly Buffer[], timestamp: number): readonly Buffer[] {
    const payloads = units.flatMap(payloadsOf);
    return payloads.map((payload, index) => this.#packet(payload, timestamp, index === payloads.length - 1));
  }

  #packet(payload: Buffer, timestamp: number, isLast: boolean): Buffer {
    const header = Buffer.alloc(HEADER_BYTES);
    header.writeUInt8(2 << 6, 0);
    header.writeUInt8((isLast ? 128 : 0) | this.#payloadType, 1);
    header.writeUInt16BE(this.#sequenceNumber, 2);
    header.writeUInt32BE(timestamp >>> 0, 4);
    this.#sequenceNumber = (this.#sequenceNumber + 1) & 0xff_ff;
    return Buffer.concat([header, payload]);
  }
}

function payloadsOf(unit: Buffer): Buffer[] {
  if (unit.length <= PAYLOAD_MAX_BYTES) return [unit];
  const first = unit.readUInt8(0);
  const content = unit.subarray(1);
  const payloads: Buffer[] = [];
  for (let start = 0; start < content.length; start += PAYLOAD_MAX_BYTES - 2) {
    const part = content.subarray(start, start + PAYLOAD_MAX_BYTES - 2);
    const isFirst = start === 0;
    const isLast = start + part.length === content.length;
    const fragmentHeader = (isFirst ? 128 : 0) | (isLast ? 64 : 0) | (first & 31);
    payloads.push(Buffer.concat([Buffer.from([(first & 0xe0) | FRAGMENT_TYPE, fragmentHeader]), part]));
  }
  return payloads;
}
