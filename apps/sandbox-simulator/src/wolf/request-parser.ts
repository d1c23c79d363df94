import { REQUEST_BODY_MAX_BYTES, REQUEST_HEADER_MAX_BYTES } from './wolf-limits.js';

export type WolfMethod = 'GET' | 'POST' | 'PUT' | 'DELETE';

export interface WolfRequest {
  readonly method: WolfMethod;
  /** Without its query, which no endpoint here reads. */
  readonly path: string;
  readonly body: string;
}

export type RequestProgress =
  | { readonly state: 'incomplete' }
  /** Whatever follows on the connection is never looked at. */
  | { readonly state: 'complete'; readonly request: WolfRequest }
  /** Refused with its body unread. */
  | { readonly state: 'chunked' }
  | { readonly state: 'too-large' }
  | { readonly state: 'garbage' };

const INCOMPLETE: RequestProgress = { state: 'incomplete' };
const END_OF_HEADERS = '\r\n\r\n';

/** Reads one request as Wolf does (wolf-api §1.4): to the blank line, then exactly as many bytes as announced. */
export class WolfRequestParser {
  #received = Buffer.alloc(0);

  push(bytes: Buffer): RequestProgress {
    this.#received = Buffer.concat([this.#received, bytes]);
    const headerBytes = this.#received.indexOf(END_OF_HEADERS);
    if (headerBytes < 0) {
      return this.#received.length > REQUEST_HEADER_MAX_BYTES ? { state: 'too-large' } : INCOMPLETE;
    }
    const [startLine = '', ...lines] = this.#received.toString('latin1', 0, headerBytes).split('\r\n');
    const headers = parseHeaders(lines);
    const start = /^([A-Za-z]+) (\S+) HTTP\/1\.[01]$/.exec(startLine);
    if (start === null) return { state: 'garbage' };
    if (headers.get('transfer-encoding')?.toLowerCase() === 'chunked') return { state: 'chunked' };
    // A body without an announced length is no body.
    const bodyBytes = Number.parseInt(headers.get('content-length') ?? '0', 10) || 0;
    if (bodyBytes > REQUEST_BODY_MAX_BYTES) return { state: 'too-large' };
    const bodyStart = headerBytes + END_OF_HEADERS.length;
    if (this.#received.length < bodyStart + bodyBytes) return INCOMPLETE;
    const [path = ''] = (start[2] ?? '').split('?', 1);
    const body = this.#received.toString('utf8', bodyStart, bodyStart + bodyBytes);
    return { state: 'complete', request: { method: methodOf(start[1]), path, body } };
  }
}

function parseHeaders(lines: readonly string[]): ReadonlyMap<string, string> {
  return new Map(
    lines.map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim()];
    }),
  );
}

/** What is none of the four acts as GET. */
function methodOf(word: string | undefined): WolfMethod {
  return word === 'POST' || word === 'PUT' || word === 'DELETE' ? word : 'GET';
}
