import { pino, type DestinationStream, type Logger } from 'pino';
import type { LogLevel } from '../config/api-config.js';

/** Errors within errors; deeper ones are left out. */
const CAUSE_DEPTH = 5;

/** JSON lines on standard output. What could be a secret is cut out by name wherever it stands. */
export function createLogger(level: LogLevel, destination?: DestinationStream): Logger {
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { error: describeError, err: describeError },
      redact: { paths: ['token', 'pin', 'authorization', '*.token', '*.pin', '*.authorization'], remove: true },
    },
    destination ?? pino.destination({ dest: 1, sync: true }),
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
