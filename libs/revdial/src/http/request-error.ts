import { RevDialError } from '../revdial-error.js';

export interface RequestProgress {
  /** Had the stream carried a request before? */
  readonly isReused: boolean;
  /** Did a byte of this answer arrive? */
  readonly hasAnswerBegun: boolean;
}

const STREAM_FAILURES: ReadonlySet<string> = new Set([
  'UND_ERR_SOCKET',
  'LINK_LOST',
  'UPSTREAM_INVALID',
  'ECONNRESET',
  'EPIPE',
]);

/** Did the stream end or break, rather than the answer on it? A stream says UPSTREAM_INVALID when the service broke it. */
export function isStreamFailure(error: Error): boolean {
  return STREAM_FAILURES.has(codeOf(error));
}

/**
 * What undici says, in our words. A fault of the caller (an invalid path or header) becomes a TypeError; everything else
 * a RevDialError.
 */
export function requestErrorOf(error: Error, progress: RequestProgress): Error {
  if (error instanceof RevDialError) return error;
  const options = { cause: error };
  const code = codeOf(error);
  switch (code) {
    case 'UND_ERR_HEADERS_TIMEOUT':
      return new RevDialError('UPSTREAM_TIMEOUT', 'the far service did not answer in time', options);
    case 'UND_ERR_BODY_TIMEOUT':
      return new RevDialError('UPSTREAM_TIMEOUT', 'the far service stopped in the middle of its answer', options);
    case 'UND_ERR_RES_EXCEEDED_MAX_SIZE':
      return new RevDialError('UPSTREAM_TOO_LARGE', 'the answer is too large', options);
    case 'UND_ERR_ABORTED':
    case 'ABORT_ERR':
      return new RevDialError('DIAL_ABORTED', 'the request was given up', options);
    case 'UND_ERR_DESTROYED':
    case 'UND_ERR_CLOSED':
      return new RevDialError('SHUTTING_DOWN', 'the stream was closed on this side', options);
    case 'UND_ERR_INVALID_ARG':
    case 'UND_ERR_REQ_CONTENT_LENGTH_MISMATCH':
      return new TypeError(`not a valid request: ${error.message}`, options);
    case 'ECONNRESET':
    case 'EPIPE':
      return new RevDialError('LINK_LOST', `the stream broke (${code})`, options);
    case 'UND_ERR_SOCKET':
      return streamEnded(error, progress);
    default:
      // Faults of HTTP itself (HPE_…, a body shorter than announced, heads too large) and what undici may yet invent.
      return new RevDialError('UPSTREAM_INVALID', `the answer is not valid HTTP: ${error.message}`, options);
  }
}

function streamEnded(cause: Error, progress: RequestProgress): RevDialError {
  if (progress.hasAnswerBegun) {
    return new RevDialError('UPSTREAM_INVALID', 'the far service cut its answer short', { cause });
  }
  if (progress.isReused) {
    // Not SERVICE_DOWN, which callers may retry: the request may have been carried out.
    return new RevDialError('UPSTREAM_INVALID', 'the far service ended a kept connection instead of answering', {
      cause,
    });
  }
  return new RevDialError('SERVICE_DOWN', 'the service behind the tunnel is down', { cause });
}

function codeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
}
