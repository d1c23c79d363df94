import { type ClientRequest, type IncomingMessage, request as httpRequest } from 'node:http';
import type { Duplex } from 'node:stream';
import { onAbort } from '@helix/pacing';
import { MAX_ANSWER_BYTES, MAX_ANSWER_HEADER_BYTES } from '../limits.js';
import { WolfError } from '../wolf-error.js';
import { parseJsonAnswer } from './json-text.js';

export interface HttpAnswer {
  readonly status: number;
  /** Nothing came but the head. */
  readonly isEmpty: boolean;
  /** What came, parsed; `undefined` when it is no JSON that is read. */
  readonly json: unknown;
}

/**
 * One request and its answer over a connection of their own, which is destroyed afterwards: Wolf never looks at a second
 * request (wolf-api §1.3). Aborting rejects with the signal's reason.
 * @throws WolfError WOLF_EMPTY_ANSWER, WOLF_INVALID_ANSWER
 */
export async function exchange(connection: Duplex, question: HttpQuestion, signal: AbortSignal): Promise<HttpAnswer> {
  // What comes after the answer (a reset, as Wolf closes with bytes unread) is ignored, and must find a listener.
  connection.on('error', () => undefined);
  const arrivals = new ArrivalCounter(connection);
  try {
    return await ask(connection, question, signal, arrivals);
  } finally {
    arrivals.stop();
    connection.destroy();
  }
}

/** Tells an answer that broke from one that never began. */
class ArrivalCounter {
  readonly #connection: Duplex;
  readonly #onData = (): void => {
    this.began = true;
  };
  began = false;

  constructor(connection: Duplex) {
    this.#connection = connection;
  }

  /** Only once the parser listens: a listener of ours alone would start the flow and lose the first bytes. */
  start(): void {
    this.#connection.prependListener('data', this.#onData);
  }

  stop(): void {
    this.#connection.off('data', this.#onData);
  }
}

function ask(
  connection: Duplex,
  question: HttpQuestion,
  signal: AbortSignal,
  arrivals: ArrivalCounter,
): Promise<HttpAnswer> {
  return new Promise<HttpAnswer>((resolve, reject) => {
    if (signal.aborted) {
      reject(asError(signal.reason));
      return;
    }
    // Of one that is over already the parser would never hear.
    if (connection.destroyed || connection.readableEnded) {
      reject(new WolfError('WOLF_EMPTY_ANSWER', 'the connection ended before it was used'));
      return;
    }
    const request = sendQuestion(connection, question);
    let finished = false;
    const finish = (settle: () => void): void => {
      if (finished) return;
      finished = true;
      stopListening();
      settle();
      request.destroy();
    };
    const fail = (error: unknown): void => {
      finish(() => {
        reject(failureOf(error, arrivals.began));
      });
    };
    const stopListening = onAbort(signal, (reason) => {
      finish(() => {
        reject(asError(reason));
      });
    });
    request.on('socket', () => {
      arrivals.start();
    });
    request.on('error', fail);
    request.on('response', (response) => {
      readAnswer(response).then((answer) => {
        finish(() => {
          resolve(answer);
        });
      }, fail);
    });
  });
}

async function readAnswer(response: IncomingMessage): Promise<HttpAnswer> {
  if (!isPlain(response)) throw new WolfError('WOLF_INVALID_ANSWER', 'an answer came in an encoding of its own');
  const lengthText = response.headers['content-length'];
  if (lengthText === undefined || !/^[0-9]{1,15}$/.test(lengthText)) {
    throw new WolfError('WOLF_INVALID_ANSWER', 'an answer came without its length');
  }
  const announcedBytes = Number(lengthText);
  if (announcedBytes > MAX_ANSWER_BYTES) {
    throw new WolfError('WOLF_INVALID_ANSWER', `an answer of ${lengthText} bytes is longer than accepted`, {
      retryable: false,
    });
  }
  const pieces: Buffer[] = [];
  let receivedBytes = 0;
  for await (const piece of response) {
    if (!Buffer.isBuffer(piece)) continue;
    pieces.push(piece);
    receivedBytes += piece.length;
  }
  if (receivedBytes !== announcedBytes) {
    throw new WolfError('WOLF_INVALID_ANSWER', `${receivedBytes.toString()} of ${lengthText} bytes came`);
  }
  // A body that is not JSON is not an error yet: the status counts first, and the parser's error would tell of an environment within.
  const json = await parseJsonAnswer(Buffer.concat(pieces)).catch(() => undefined);
  return { status: response.statusCode ?? 0, isEmpty: receivedBytes === 0, json };
}

/** What was asked for: Wolf encodes nothing, and what something between encodes is not read. */
export function isPlain({ headers, statusCode }: IncomingMessage): boolean {
  const encoding = headers['content-encoding']?.trim().toLowerCase() ?? '';
  return (encoding === '' || encoding === 'identity') && statusCode !== 206;
}

function failureOf(error: unknown, answerBegan: boolean): WolfError {
  if (error instanceof WolfError) return error;
  return answerBegan
    ? new WolfError('WOLF_INVALID_ANSWER', 'the answer broke off or is not HTTP', { cause: error })
    : new WolfError('WOLF_EMPTY_ANSWER', 'the connection ended without a byte of answer', { cause: error });
}

export function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error('aborted', { cause: reason });
}

interface HttpQuestion {
  readonly method: 'GET' | 'POST';
  /** With its query, which Wolf takes raw. */
  readonly path: string;
  readonly body?: string;
}

/** Sends the request over the connection, which must not have been used. */
export function sendQuestion(connection: Duplex, { method, path, body }: HttpQuestion): ClientRequest {
  const request = httpRequest({
    // No `agent: false` here: that makes an agent, which would ignore `createConnection` and dial localhost instead.
    createConnection: () => connection,
    method,
    path,
    maxHeaderSize: MAX_ANSWER_HEADER_BYTES,
    headers: {
      Host: 'wolf',
      Connection: 'close',
      'Accept-Encoding': 'identity',
      ...(body !== undefined && { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) }),
    },
  });
  // One piece with its length: Wolf refuses chunked requests (wolf-api §1.4).
  request.end(body);
  return request;
}
