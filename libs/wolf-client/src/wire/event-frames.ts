import { MAX_EVENT_FRAME_BYTES } from '../limits.js';

/** One event of the stream as it was written; `torn` when it was too long or not of the one form that Wolf writes. */
export type EventFrame =
  { readonly kind: 'whole'; readonly name: string; readonly data: string } | { readonly kind: 'torn' };

const TORN: EventFrame = { kind: 'torn' };
const LINE_FEED = 0x0a;

/**
 * Cuts a stream of server-sent events into frames (wolf-api §5.1): exactly one `event:` and one `data:` line, then an empty
 * one. Comments are keep-alives and make no frame. Threads of Wolf write without a lock, so frames may be torn. Holds at
 * most `MAX_EVENT_FRAME_BYTES`; what is longer is skipped to its end.
 */
export class EventFrameParser {
  readonly #maxBytes: number;
  /** The line that is not complete yet. */
  #pieces: Buffer[] = [];
  #lineBytes = 0;
  #frameBytes = 0;
  #isTooLong = false;
  #names: string[] = [];
  #datas: string[] = [];
  #isForeign = false;

  constructor(maxBytes = MAX_EVENT_FRAME_BYTES) {
    this.#maxBytes = maxBytes;
  }

  /** The frames that these bytes complete. */
  push(bytes: Buffer): readonly EventFrame[] {
    const frames: EventFrame[] = [];
    let start = 0;
    for (let end = bytes.indexOf(LINE_FEED); end >= 0; end = bytes.indexOf(LINE_FEED, start)) {
      this.#take(bytes.subarray(start, end));
      start = end + 1;
      const frame = this.#endLine();
      if (frame !== undefined) frames.push(frame);
    }
    this.#take(bytes.subarray(start));
    return frames;
  }

  #take(piece: Buffer): void {
    this.#lineBytes += piece.length;
    this.#frameBytes += piece.length;
    if (this.#frameBytes > this.#maxBytes) {
      this.#isTooLong = true;
      this.#pieces = [];
      this.#names = [];
      this.#datas = [];
    } else if (piece.length > 0) this.#pieces.push(piece);
  }

  #endLine(): EventFrame | undefined {
    const isEmpty = this.#lineBytes === 0;
    const line = Buffer.concat(this.#pieces).toString('utf8').replace(/\r$/, '');
    this.#pieces = [];
    this.#lineBytes = 0;
    // Of a frame that is too long the lines are not kept, only whether they are empty.
    if (isEmpty || (!this.#isTooLong && line === '')) return this.#endFrame();
    if (this.#isTooLong || line.startsWith(':')) return undefined;
    const [, field, value = ''] = /^(event|data): ?(.*)$/.exec(line) ?? [];
    if (field === 'event') this.#names.push(value);
    else if (field === 'data') this.#datas.push(value);
    else this.#isForeign = true;
    return undefined;
  }

  #endFrame(): EventFrame | undefined {
    const [name, ...otherNames] = this.#names;
    const [data, ...otherDatas] = this.#datas;
    const isTooLong = this.#isTooLong;
    const isEmpty = name === undefined && data === undefined && !this.#isForeign;
    const isWhole = !this.#isForeign && otherNames.length + otherDatas.length === 0;
    this.#names = [];
    this.#datas = [];
    this.#frameBytes = 0;
    this.#isTooLong = false;
    this.#isForeign = false;
    if (isTooLong) return TORN;
    // After a keep-alive, or of two empty lines.
    if (isEmpty) return undefined;
    return isWhole && name !== undefined && data !== undefined ? { kind: 'whole', name, data } : TORN;
  }
}
