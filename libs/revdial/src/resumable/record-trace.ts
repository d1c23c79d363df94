import { HeadScanner, wireTrace } from '../wire-trace.js';
import type { TraceLine } from '../wire-trace.js';
import { RECORD_HEADER_BYTES, RECORD_TYPES } from './record-codec.js';

const NAMES: ReadonlyMap<number, string> = new Map(Object.entries(RECORD_TYPES).map(([name, type]) => [type, name]));
/** The longest number that a record carries: the offset of an ACK. */
const NUMBER_MAX_BYTES = 8;

let lastCarrier = 0;

/** The offsets at which a carrier begins. */
export interface TraceOffsets {
  readonly sent: number;
  readonly received: number;
}

/** One line for each record of one carrier: type, length, offsets. */
export class RecordTrace {
  readonly #sent: HeadScanner;
  readonly #received: HeadScanner;

  constructor(write: TraceLine, offsets: TraceOffsets) {
    const carrier = (lastCarrier += 1);
    this.#sent = scanner(write, { carrier, direction: 'sent' }, offsets.sent);
    this.#received = scanner(write, { carrier, direction: 'received' }, offsets.received);
  }

  onSent(records: readonly Buffer[]): void {
    for (const bytes of records) this.#sent.push(bytes);
  }

  onReceived(bytes: Buffer): void {
    this.#received.push(bytes);
  }
}

/** `undefined` without a trace of records. */
export function traceRecords(offsets: () => TraceOffsets): RecordTrace | undefined {
  return wireTrace.records === undefined ? undefined : new RecordTrace(wireTrace.records, offsets());
}

function scanner(write: TraceLine, fields: object, firstOffset: number): HeadScanner {
  let offset = firstOffset;
  return new HeadScanner(
    RECORD_HEADER_BYTES,
    (header) => {
      const payloadBytes = header.readUIntBE(1, 3);
      const isAck = header[0] === RECORD_TYPES.ack;
      return { payloadBytes, headPayloadBytes: isAck ? Math.min(NUMBER_MAX_BYTES, payloadBytes) : 0 };
    },
    (head, length) => {
      const type = head.readUInt8(0);
      const line = { ...fields, type: NAMES.get(type) ?? type, length };
      if (type === RECORD_TYPES.data) {
        write({ ...line, offset }, 'trace: record');
        offset += length;
      } else if (type === RECORD_TYPES.ack && head.length === RECORD_HEADER_BYTES + NUMBER_MAX_BYTES) {
        write({ ...line, offset: Number(head.readBigUInt64BE(RECORD_HEADER_BYTES)) }, 'trace: record');
      } else write(line, 'trace: record');
    },
  );
}
