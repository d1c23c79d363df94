import { constants, fstatSync, openSync } from 'node:fs';
import { isatty } from 'node:tty';
import { format } from 'node:util';
import { type DestinationStream, type LevelWithSilent, type Logger, pino } from 'pino';
import { LogSink } from './log-sink.js';

/** Errors within errors; deeper ones are left out. */
const CAUSE_DEPTH = 5;

export interface LoggerOptions {
  /** Which program: it stands in each line. */
  readonly app: string;
  readonly level: LevelWithSilent;
  readonly destination: DestinationStream;
}

/** JSON lines of one shape for all programs. What could be a secret is cut out by name wherever it stands. */
export function createLogger({ app, level, destination }: LoggerOptions): Logger {
  return pino(
    {
      level,
      base: { app },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { error: describeError, err: describeError },
      redact: { paths: ['token', 'pin', 'authorization', '*.token', '*.pin', '*.authorization'], remove: true },
    },
    destination,
  );
}

/** What is known to be harmless of an error and of its causes: a database's error carries the statement's values besides. */
function describeError(error: unknown, depth = 0): unknown {
  if (!(error instanceof Error)) return error;
  return {
    type: error.name,
    ...('code' in error && { code: error.code }),
    message: error.message,
    stack: error.stack,
    ...(error.cause !== undefined && depth < CAUSE_DEPTH && { cause: describeError(error.cause, depth + 1) }),
  };
}

export type ProgramLogOptions = Omit<LoggerOptions, 'destination'>;

export interface ProgramLog {
  readonly logger: Logger;
  /** Resolves when standard output has taken all lines, or after `limitMs`. */
  flush(limitMs: number): Promise<void>;
}

/** The program's log on standard output. What libraries print, and Node's own warnings, become lines of it. */
export function openProgramLog({ app, level }: ProgramLogOptions): ProgramLog {
  const sink = new LogSink({
    fd: outputThatNeverWaits(),
    reportOf: (lostCount, code) =>
      `${JSON.stringify({
        level: 'warn',
        time: new Date().toISOString(),
        app,
        lostCount,
        code,
        msg: `${String(lostCount)} lines were lost`,
      })}\n`,
  });
  const logger = createLogger({ app, level, destination: sink });
  guardOutput();
  adoptConsole(logger);
  adoptWarnings(logger);
  return { logger, flush: (limitMs) => sink.flush(limitMs) };
}

/** From now on it ends nothing that standard output or standard error cannot be written to. */
export function guardOutput(): void {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
}

function adoptConsole(logger: Logger): void {
  const lines =
    (level: 'debug' | 'info' | 'warn' | 'error') =>
    (...parts: unknown[]): void => {
      logger[level]({}, format(...parts));
    };
  Object.assign(console, {
    trace: lines('debug'),
    debug: lines('debug'),
    log: lines('info'),
    info: lines('info'),
    warn: lines('warn'),
    error: lines('error'),
  });
}

/** Node's own listener writes to standard error in a way that waits for a slow reader. */
function adoptWarnings(logger: Logger): void {
  process.removeAllListeners('warning');
  process.on('warning', (warning) => {
    logger.warn({ error: warning }, 'warning of Node or a library');
  });
}

/**
 * A descriptor of standard output that answers EAGAIN where a write would wait. A pipe or terminal is opened once more for
 * that, since the flag belongs to the open file, which the shell and other programs share. Files do not wait.
 */
function outputThatNeverWaits(): number {
  const { fd } = process.stdout;
  if (fstatSync(fd).isFIFO() || isatty(fd)) {
    try {
      return openSync(`/proc/self/fd/${String(fd)}`, constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
    } catch {
      // No /proc, or it belongs to another user, as the pipe of a container may.
    }
  }
  // Node has made a pipe or socket non-blocking when `process.stdout` was first read; nothing else in Node can.
  return fd;
}
