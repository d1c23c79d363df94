import { reportDefect } from '../defect.js';
import { CONTROL_LINE_MAX_AGE_MS } from '../limits.js';
import { RevDialError } from '../revdial-error.js';
import { ControlLineParser } from './control-line-codec.js';
import type { ReceivedControlMessage } from './control-line-codec.js';

export interface ControlLineReaderOptions {
  readonly onMessage: (message: ReceivedControlMessage) => void;
  /** Called at most once, with PROTOCOL_VIOLATION; nothing is read after it. */
  readonly onViolation: (error: RevDialError) => void;
  readonly lineMaxAgeMs?: number;
}

/** A `ControlLineParser` with a clock: a line that is begun has to end in time. Used by both ends of a control link. */
export class ControlLineReader {
  readonly #parser = new ControlLineParser();
  readonly #options: ControlLineReaderOptions;
  #ageTimer: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(options: ControlLineReaderOptions) {
    this.#options = options;
  }

  push(chunk: Buffer): void {
    if (this.#stopped) return;
    let lineCount = 0;
    try {
      this.#parser.push(chunk, (message) => {
        lineCount += 1;
        // A listener may stop the reader in the middle of a chunk.
        if (!this.#stopped) this.#options.onMessage(message);
      });
    } catch (error) {
      this.#violate(error instanceof RevDialError ? error : unhandled(error));
      return;
    }
    // The age is that of the line now open: it starts again when an older line has ended in this chunk.
    if (lineCount > 0) this.#disarm();
    if (this.#parser.unfinishedByteCount > 0) this.#arm();
  }

  /** Forgets an unfinished line and its clock. Idempotent. */
  stop(): void {
    this.#stopped = true;
    this.#disarm();
  }

  #arm(): void {
    if (this.#stopped || this.#ageTimer !== undefined) return;
    const maxAgeMs = this.#options.lineMaxAgeMs ?? CONTROL_LINE_MAX_AGE_MS;
    this.#ageTimer = setTimeout(() => {
      this.#violate(
        new RevDialError('PROTOCOL_VIOLATION', `a control line was not finished within ${String(maxAgeMs)} ms`),
      );
    }, maxAgeMs);
    this.#ageTimer.unref();
  }

  #disarm(): void {
    clearTimeout(this.#ageTimer);
    this.#ageTimer = undefined;
  }

  #violate(error: RevDialError): void {
    if (this.#stopped) return;
    this.stop();
    this.#options.onViolation(error);
  }
}

/** A listener failed at a line: the connection ends as if the line were at fault, and no other. */
function unhandled(cause: unknown): RevDialError {
  reportDefect('a listener to control lines', cause);
  return new RevDialError('PROTOCOL_VIOLATION', 'a control line could not be handled', { cause });
}
