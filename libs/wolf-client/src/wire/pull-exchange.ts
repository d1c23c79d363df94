import type { Duplex } from 'node:stream';
import { MAX_PULL_LINE_BYTES } from '../limits.js';
import type { PullProgress } from '../model/image.js';
import { WolfError } from '../wolf-error.js';
import { readSuccess } from './answer.js';
import { readPullProgress } from './image-answers.js';
import { parseJsonText } from './json-text.js';
import { doneAnswer } from './lobby-answers.js';

const CALL = 'POST /docker/images/pull';
const STATUS_LINE = /^HTTP\/1\.[01] ([0-9]{3})(?: |$)/;

/**
 * A pull over its own connection, read by lines, since its answer is hardly HTTP (wolf-api §3.8): no headers after the status
 * line, a JSON document on each line, and a failure on the way is a whole second answer inside the body. Only a last line
 * that says success is one. Aborting rejects with the signal's reason; the host's Docker may go on pulling.
 * @throws WolfError WOLF_PULL_FAILED, WOLF_EMPTY_ANSWER, WOLF_INVALID_ANSWER, WOLF_NOT_FOUND; what `onProgress` throws
 */
export async function pullExchange(
  connection: Duplex,
  path: string,
  body: string,
  signal: AbortSignal,
  onProgress: (progress: PullProgress) => void,
): Promise<void> {
  connection.on('error', () => undefined);
  const cut = (): void => {
    connection.destroy();
  };
  signal.addEventListener('abort', cut, { once: true });
  try {
    const length = Buffer.byteLength(body).toString();
    connection.write(
      `POST ${path} HTTP/1.1\r\nHost: wolf\r\nConnection: close\r\nAccept-Encoding: identity\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\n\r\n${body}`,
    );
    const answer = new PullAnswer(onProgress);
    for await (const line of linesOf(connection)) answer.take(line);
    signal.throwIfAborted();
    answer.finish();
  } finally {
    signal.removeEventListener('abort', cut);
    connection.destroy();
  }
}

/** What the lines say so far. */
class PullAnswer {
  readonly #onProgress: (progress: PullProgress) => void;
  #status: number | undefined;
  #inBody = false;
  #last: unknown;
  #hasFailed = false;

  constructor(onProgress: (progress: PullProgress) => void) {
    this.#onProgress = onProgress;
  }

  take(line: string): void {
    const status = STATUS_LINE.exec(line)?.[1];
    if (this.#status === undefined) {
      if (status === undefined) throw new WolfError('WOLF_INVALID_ANSWER', `the answer to ${CALL} is not HTTP`);
      this.#status = Number(status);
    } else if (status !== undefined) this.#hasFailed = true;
    else if (line === '') this.#inBody = true;
    else if (line.startsWith('{')) this.#takeDocument(line);
    // Headers, of a refusal or of the second answer, are of no interest; anything else within the body is no success.
    else if (this.#inBody) this.#last = undefined;
  }

  /** The answer is over. */
  finish(): void {
    if (this.#status === undefined) {
      throw new WolfError('WOLF_EMPTY_ANSWER', 'the connection ended without a byte of answer');
    }
    if (this.#hasFailed) throw new WolfError('WOLF_PULL_FAILED', 'the pull failed on its way');
    if (this.#status === 200 && !isSuccess(this.#last)) {
      throw new WolfError('WOLF_PULL_FAILED', 'the pull ended without saying that it succeeded');
    }
    readSuccess(CALL, { status: this.#status, isEmpty: this.#last === undefined, json: this.#last }, doneAnswer);
  }

  #takeDocument(line: string): void {
    this.#inBody = true;
    try {
      this.#last = parseJsonText(line);
    } catch {
      this.#last = undefined;
      return;
    }
    const progress = this.#hasFailed ? undefined : readPullProgress(this.#last);
    if (progress !== undefined) this.#onProgress(progress);
  }
}

function isSuccess(document: unknown): boolean {
  return typeof document === 'object' && document !== null && 'success' in document && document.success === true;
}

/** Lines without their ends; the last may lack one. A connection that breaks ends them. */
async function* linesOf(connection: Duplex): AsyncGenerator<string> {
  let rest = Buffer.alloc(0);
  try {
    for await (const piece of connection) {
      if (!Buffer.isBuffer(piece)) continue;
      rest = Buffer.concat([rest, piece]);
      let start = 0;
      for (let end = rest.indexOf(0x0a); end >= 0; end = rest.indexOf(0x0a, start)) {
        yield rest.toString('utf8', start, end).replace(/\r$/, '');
        start = end + 1;
      }
      rest = Buffer.from(rest.subarray(start));
      if (rest.length > MAX_PULL_LINE_BYTES) {
        throw new WolfError('WOLF_INVALID_ANSWER', 'a line of the progress is longer than accepted', {
          retryable: false,
        });
      }
    }
  } catch (error) {
    if (error instanceof WolfError) throw error;
  }
  if (rest.length > 0) yield rest.toString('utf8').replace(/\r$/, '');
}
