import { INTERIM_ANSWERS_MAX_BYTES } from '../limits.js';

/** As far as it takes to tell an interim answer from another: `HTTP/1.1 1xx`. */
const START_BYTES = 12;
const START = Buffer.from('HTTP/1.');
const [CR, LF] = [0x0d, 0x0a];
const NO_BYTES = Buffer.alloc(0);

/**
 * Takes interim answers (1xx, but for 101) out of the bytes of a service: no request here asks for one, and undici ends a stream at an
 * unasked `100 Continue`. Bounded; what is beyond the bound passes, for undici to judge.
 */
export class InterimAnswers {
  #state: 'starting' | 'skipping' | 'passing' = 'passing';
  /** Of an answer that has not shown yet what it is. */
  #start = NO_BYTES;
  #skippedBytes = 0;
  /** Of the head that is skipped: nothing came since its last line feed, or a carriage return did. */
  #isLineEmpty = false;

  /** A request is sent: an answer is next. */
  expectAnswer(): void {
    this.#state = 'starting';
    this.#start = NO_BYTES;
    this.#skippedBytes = 0;
  }

  /** What is left of them for the parser; may be empty. */
  push(bytes: Buffer): Buffer {
    let rest = bytes;
    while (rest.length > 0 && this.#state !== 'passing')
      rest = this.#state === 'starting' ? this.#judge(rest) : this.#skip(rest);
    return rest;
  }

  /** No more comes: what is kept back, if anything is. */
  flush(): Buffer | undefined {
    const kept = this.#start;
    this.#start = NO_BYTES;
    this.#state = 'passing';
    return kept.length === 0 ? undefined : kept;
  }

  #judge(bytes: Buffer): Buffer {
    const start = this.#start.length === 0 ? bytes : Buffer.concat([this.#start, bytes]);
    this.#start = NO_BYTES;
    if (!looksInterim(start) || this.#skippedBytes > INTERIM_ANSWERS_MAX_BYTES) {
      this.#state = 'passing';
      return start;
    }
    if (start.length < START_BYTES) {
      this.#start = Buffer.from(start);
      return NO_BYTES;
    }
    this.#state = 'skipping';
    this.#isLineEmpty = false;
    return start;
  }

  /** Up to the empty line that ends the head. */
  #skip(bytes: Buffer): Buffer {
    for (const [at, byte] of bytes.entries()) {
      if (byte === LF && this.#isLineEmpty) {
        this.#skippedBytes += at + 1;
        this.#state = 'starting';
        return bytes.subarray(at + 1);
      }
      if (byte !== CR) this.#isLineEmpty = byte === LF;
    }
    this.#skippedBytes += bytes.length;
    if (this.#skippedBytes > INTERIM_ANSWERS_MAX_BYTES) this.#state = 'passing';
    return NO_BYTES;
  }
}

/** As far as there are bytes. */
function looksInterim(bytes: Buffer): boolean {
  for (let at = 0; at < Math.min(bytes.length, START_BYTES); at += 1) {
    const byte = bytes[at] ?? 0;
    if (at < START.length ? byte !== START[at] : !isPossible(at, byte)) return false;
  }
  // 101 changes the protocol, and is final for HTTP.
  return !(bytes.length >= START_BYTES && bytes.toString('latin1', 9, START_BYTES) === '101');
}

function isPossible(at: number, byte: number): boolean {
  if (at === 8) return byte === 0x20;
  if (at === 9) return byte === 0x31;
  return byte >= 0x30 && byte <= 0x39;
}
