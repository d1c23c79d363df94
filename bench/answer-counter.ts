/** The head of an answer is a few hundred bytes; one that grows past this is no answer. */
const HEAD_MAX_BYTES = 32 * 1024;

export interface CountedAnswer {
  readonly status: number;
  readonly bodyBytes: number;
  readonly closes: boolean;
}

type Expected = 'head' | 'body' | 'chunk-line' | 'chunk' | 'chunk-end' | 'trailer';

/**
 * Reads HTTP/1.1 answers only as far as a benchmark has to: status, where the body ends, how long it was. Bodies are
 * counted and not kept, so that the generator measures the server and not itself.
 */
export class AnswerCounter {
  readonly #onAnswer: (answer: CountedAnswer) => void;
  #expected: Expected = 'head';
  #text = '';
  #status = 0;
  #closes = false;
  #left = 0;
  #bodyBytes = 0;

  constructor(onAnswer: (answer: CountedAnswer) => void) {
    this.#onAnswer = onAnswer;
  }

  /** Takes bytes as they come. Throws on what is no answer with a known end. */
  push(bytes: Buffer, length: number): void {
    let at = 0;
    while (at < length) {
      switch (this.#expected) {
        case 'head':
          at = this.#readHead(bytes, at, length);
          break;
        case 'body':
        case 'chunk':
          at = this.#skip(at, length);
          break;
        case 'chunk-line':
        case 'chunk-end':
        case 'trailer':
          at = this.#readLine(bytes, at, length);
          break;
        default:
          this.#expected satisfies never;
      }
    }
  }

  #readHead(bytes: Buffer, at: number, length: number): number {
    const before = this.#text.length;
    // Almost always the whole head is in this read, and the rest is body that need not become text.
    const end = before === 0 ? bytes.indexOf('\r\n\r\n', at, 'latin1') : -1;
    const upTo = end >= 0 && end + 4 <= length ? end + 4 : length;
    this.#text += bytes.toString('latin1', at, upTo);
    const headEnd = this.#text.indexOf('\r\n\r\n', Math.max(0, before - 3));
    if (headEnd < 0) {
      if (this.#text.length > HEAD_MAX_BYTES) throw new Error('the head of an answer does not end');
      return length;
    }
    this.#startBody(this.#text.slice(0, headEnd));
    this.#text = '';
    return at + headEnd + 4 - before;
  }

  #startBody(head: string): void {
    if (!head.startsWith('HTTP/1.')) throw new Error('not an HTTP/1 answer');
    this.#status = Number(head.slice(9, 12));
    const headers = head.toLowerCase();
    this.#closes = headers.includes('\r\nconnection: close');
    this.#bodyBytes = 0;
    const lengthAt = headers.indexOf('\r\ncontent-length:');
    if (lengthAt >= 0) {
      this.#left = Number.parseInt(headers.slice(lengthAt + 17), 10);
      this.#expected = 'body';
      if (this.#left === 0) this.#finish();
    } else if (headers.includes('\r\ntransfer-encoding: chunked')) this.#expected = 'chunk-line';
    else if (this.#status === 204 || this.#status === 304) this.#finish();
    else throw new Error('an answer without a length');
  }

  #skip(at: number, length: number): number {
    const taken = Math.min(this.#left, length - at);
    this.#left -= taken;
    this.#bodyBytes += taken;
    if (this.#left === 0) {
      if (this.#expected === 'body') this.#finish();
      else this.#expected = 'chunk-end';
    }
    return at + taken;
  }

  #readLine(bytes: Buffer, at: number, length: number): number {
    const end = bytes.indexOf(10, at);
    if (end < 0 || end >= length) {
      this.#text += bytes.toString('latin1', at, length);
      if (this.#text.length > HEAD_MAX_BYTES) throw new Error('a line of an answer does not end');
      return length;
    }
    const line = (this.#text + bytes.toString('latin1', at, end)).trim();
    this.#text = '';
    if (this.#expected === 'chunk-end') this.#expected = 'chunk-line';
    else if (this.#expected === 'trailer') {
      if (line === '') this.#finish();
    } else {
      this.#left = Number.parseInt(line, 16);
      if (Number.isNaN(this.#left)) throw new Error('a chunk without a size');
      this.#expected = this.#left === 0 ? 'trailer' : 'chunk';
    }
    return end + 1;
  }

  #finish(): void {
    this.#expected = 'head';
    this.#onAnswer({ status: this.#status, bodyBytes: this.#bodyBytes, closes: this.#closes });
  }
}
