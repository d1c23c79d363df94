import { pino, type DestinationStream, type LevelWithSilent, type Logger } from 'pino';

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
