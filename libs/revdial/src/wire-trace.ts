import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { DIAL_END, DIAL_START } from './diagnostics.js';
import type { DialDiagnostics } from './diagnostics.js';
import { TRACE_LINES_PER_SECOND } from './limits.js';

export const TRACE_TOPICS = ['records', 'frames', 'dials'] as const;
export type TraceTopic = (typeof TRACE_TOPICS)[number];

/** Writes one line about a record, a frame or a dial. Fields are numbers and names of the protocol, never payload. */
export type TraceLine = (fields: object, message: string) => void;

/** Who is traced now. A connection asks once, when it is made: without a trace it does nothing more than that. */
export const wireTrace: { records: TraceLine | undefined; frames: TraceLine | undefined } = {
  records: undefined,
  frames: undefined,
};

/** `records,frames,dials`, or some of them; `undefined` where a word is none of them. */
export function parseTraceTopics(text: string): readonly TraceTopic[] | undefined {
  const words = text.split(',').map((word) => word.trim());
  const isKnown = words.every((word) => TRACE_TOPICS.some((topic) => topic === word));
  return isKnown ? TRACE_TOPICS.filter((topic) => words.includes(topic)) : undefined;
}

/**
 * Traces connections that are made from now on, and dials, to the log: at most `TRACE_LINES_PER_SECOND` lines, then one line with how
 * many were dropped. One trace at a time. What is returned ends it.
 */
export function startWireTrace(topics: readonly TraceTopic[], write: TraceLine): () => void {
  const limited = new LimitedLines(write);
  if (topics.includes('records')) wireTrace.records = limited.write;
  if (topics.includes('frames')) wireTrace.frames = limited.write;
  const onDialStart = (message: unknown): void => {
    const { id, runnerId, streamClass } = message as DialDiagnostics;
    limited.write({ dial: id, runnerId, streamClass }, 'trace: dial starts');
  };
  const onDialEnd = (message: unknown): void => {
    const { id, runnerId, streamClass, durationMs, code } = message as DialDiagnostics;
    limited.write({ dial: id, runnerId, streamClass, durationMs, code }, 'trace: dial ends');
  };
  if (topics.includes('dials')) {
    subscribe(DIAL_START.name, onDialStart);
    subscribe(DIAL_END.name, onDialEnd);
  }
  return () => {
    wireTrace.records = undefined;
    wireTrace.frames = undefined;
    unsubscribe(DIAL_START.name, onDialStart);
    unsubscribe(DIAL_END.name, onDialEnd);
    limited.close();
  };
}

/** Lines of one second, up to the limit; then their number only. */
class LimitedLines {
  readonly #write: TraceLine;
  #writtenCount = 0;
  #droppedCount = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(write: TraceLine) {
    this.#write = write;
  }

  readonly write: TraceLine = (fields, message) => {
    this.#timer ??= setTimeout(this.#endSecond, 1_000).unref();
    if (this.#writtenCount >= TRACE_LINES_PER_SECOND) {
      this.#droppedCount += 1;
      return;
    }
    this.#writtenCount += 1;
    this.#write(fields, message);
  };

  close(): void {
    clearTimeout(this.#timer);
    this.#endSecond();
  }

  readonly #endSecond = (): void => {
    this.#timer = undefined;
    this.#writtenCount = 0;
    if (this.#droppedCount === 0) return;
    const droppedCount = this.#droppedCount;
    this.#droppedCount = 0;
    this.#write({ droppedCount }, 'trace: lines dropped');
  };
}

/** What a header says about the message behind it. */
export interface HeaderSizes {
  readonly payloadBytes: number;
  /** How much of the payload belongs to the head: numbers of the protocol, never payload of a stream. */
  readonly headPayloadBytes: number;
}

/** Finds the heads of messages in bytes that may be split anywhere, and skips what is between them. */
export class HeadScanner {
  readonly #headerBytes: number;
  readonly #sizesOf: (header: Buffer) => HeaderSizes;
  readonly #onHead: (head: Buffer, payloadBytes: number) => void;
  readonly #head = Buffer.alloc(64);
  #headFill = 0;
  #sizes: HeaderSizes | undefined;
  #skipBytes = 0;

  constructor(
    headerBytes: number,
    sizesOf: (header: Buffer) => HeaderSizes,
    onHead: (head: Buffer, payloadBytes: number) => void,
  ) {
    this.#headerBytes = headerBytes;
    this.#sizesOf = sizesOf;
    this.#onHead = onHead;
  }

  push(bytes: Buffer): void {
    let at = 0;
    while (at < bytes.length) {
      if (this.#skipBytes > 0) {
        const skipped = Math.min(this.#skipBytes, bytes.length - at);
        this.#skipBytes -= skipped;
        at += skipped;
        continue;
      }
      const headBytes = this.#headerBytes + (this.#sizes?.headPayloadBytes ?? 0);
      const copied = bytes.copy(
        this.#head,
        this.#headFill,
        at,
        Math.min(bytes.length, at + headBytes - this.#headFill),
      );
      this.#headFill += copied;
      at += copied;
      if (this.#headFill === headBytes) this.#endHead();
    }
  }

  #endHead(): void {
    const head = this.#head.subarray(0, this.#headFill);
    const sizes = (this.#sizes ??= this.#sizesOf(head));
    if (this.#headFill < this.#headerBytes + sizes.headPayloadBytes) return;
    this.#headFill = 0;
    this.#sizes = undefined;
    this.#skipBytes = sizes.payloadBytes - sizes.headPayloadBytes;
    this.#onHead(head, sizes.payloadBytes);
  }
}
