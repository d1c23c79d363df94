import { CONTROL_LINE_MAX_BYTES, PICKUP_ERROR_MAX_LENGTH } from '../limits.js';
import { parseForeignJson, SMALL_JSON } from '../json/foreign-json.js';
import { RevDialError } from '../revdial-error.js';

/** What generations 1 and 2 say on a control link, one JSON object per line (revdial-wire §2). */
export type ControlMessage =
  | { readonly command: 'keep-alive' }
  | { readonly command: 'conn-ready'; readonly connPath: string }
  | { readonly command: 'pickup-failed'; readonly connPath: string; readonly err: string };

/** A received line. `unknown` is a command of another version: both ends ignore it. */
export type ReceivedControlMessage = ControlMessage | { readonly command: 'unknown'; readonly name: string };

const NEWLINE = 0x0a;
const KEEP_ALIVE_LINE = Buffer.from('{"command":"keep-alive"}\n');

/**
 * Turns bytes into control messages, whatever the borders of the pieces. Pure: no clock and no I/O; how long an unfinished
 * line may take is for its user (`ControlLineReader`).
 */
export class ControlLineParser {
  #rest: Buffer | undefined;

  /** Bytes of the line that has begun and not ended. */
  get unfinishedByteCount(): number {
    return this.#rest?.length ?? 0;
  }

  /**
   * Calls `onMessage` for each line that `chunk` completes, in order.
   * @throws RevDialError PROTOCOL_VIOLATION at the first line that is too long or not a JSON object of a known shape;
   * the lines before it have been delivered, and the parser must not be used again.
   */
  push(chunk: Buffer, onMessage: (message: ReceivedControlMessage) => void): void {
    let bytes = this.#rest === undefined ? chunk : Buffer.concat([this.#rest, chunk]);
    let searchFrom = this.#rest?.length ?? 0;
    this.#rest = undefined;
    for (;;) {
      const newline = bytes.indexOf(NEWLINE, searchFrom);
      const lineBytes = newline < 0 ? bytes.length + 1 : newline + 1;
      if (lineBytes > CONTROL_LINE_MAX_BYTES) {
        throw new RevDialError(
          'PROTOCOL_VIOLATION',
          `a control line is longer than ${String(CONTROL_LINE_MAX_BYTES)} bytes`,
        );
      }
      if (newline < 0) break;
      onMessage(parseControlLine(bytes.toString('utf8', 0, newline)));
      bytes = bytes.subarray(newline + 1);
      searchFrom = 0;
    }
    // A copy, so that four bytes of a line do not keep the whole read buffer alive.
    if (bytes.length > 0) this.#rest = Buffer.from(bytes);
  }
}

/**
 * One message as one line, to be written by one write. `err` is cut to its bound.
 * @throws RangeError when a `connPath` makes the line too long, which none of ours does
 */
export function encodeControlLine(message: ControlMessage): Buffer {
  if (message.command === 'keep-alive') return KEEP_ALIVE_LINE;
  const bounded =
    message.command === 'pickup-failed' ? { ...message, err: message.err.slice(0, PICKUP_ERROR_MAX_LENGTH) } : message;
  const line = Buffer.from(`${JSON.stringify(bounded)}\n`);
  if (line.length > CONTROL_LINE_MAX_BYTES) throw new RangeError('connPath does not fit a control line');
  return line;
}

function parseControlLine(text: string): ReceivedControlMessage {
  const value = parseJsonObject(text);
  const command = stringField(value, 'command');
  switch (command) {
    case 'keep-alive':
      return { command };
    case 'conn-ready':
      return { command, connPath: stringField(value, 'connPath') };
    case 'pickup-failed':
      return {
        command,
        connPath: stringField(value, 'connPath'),
        err: stringField(value, 'err').slice(0, PICKUP_ERROR_MAX_LENGTH),
      };
    default:
      return { command: 'unknown', name: command };
  }
}

function parseJsonObject(text: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = parseForeignJson(text, SMALL_JSON);
  } catch (cause) {
    throw new RevDialError('PROTOCOL_VIOLATION', 'a control line is not JSON', { cause });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new RevDialError('PROTOCOL_VIOLATION', 'a control line is not a JSON object');
  }
  return value as Record<string, unknown>;
}

/** A missing field is the empty string, as in the Go peers; one of another type is a violation. */
function stringField(value: Readonly<Record<string, unknown>>, name: string): string {
  const field = value[name];
  if (field === undefined || field === null) return '';
  if (typeof field !== 'string')
    throw new RevDialError('PROTOCOL_VIOLATION', `"${name}" of a control line is not a string`);
  return field;
}
