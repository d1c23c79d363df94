import { StringDecoder } from 'node:string_decoder';

/** Marks a line of which the rest was left out. */
const CUT_MARK = ' …[cut]';

/** Turns the bytes of a log into lines of bounded length. Empty lines are left out. */
export class LogLineReader {
  readonly #maxLength: number;
  readonly #decoder = new StringDecoder('utf8');
  #begun = '';
  #isCutting = false;

  constructor(maxLength: number) {
    this.#maxLength = maxLength;
  }

  /** The lines which these bytes complete. */
  push(bytes: Buffer): readonly string[] {
    return this.#take(this.#decoder.write(bytes));
  }

  /** The last line, when nothing ended it. */
  end(): readonly string[] {
    return this.#take(`${this.#decoder.end()}\n`);
  }

  #take(text: string): readonly string[] {
    const lines: string[] = [];
    let from = 0;
    for (let to = text.indexOf('\n'); to >= 0; to = text.indexOf('\n', from)) {
      this.#grow(text.slice(from, to));
      from = to + 1;
      const line = this.#isCutting ? this.#begun + CUT_MARK : this.#begun.replace(/\r$/, '');
      if (line !== '') lines.push(line);
      this.#begun = '';
      this.#isCutting = false;
    }
    this.#grow(text.slice(from));
    return lines;
  }

  #grow(piece: string): void {
    const room = this.#maxLength - this.#begun.length;
    if (piece.length > room) this.#isCutting = true;
    this.#begun += piece.slice(0, room);
  }
}
