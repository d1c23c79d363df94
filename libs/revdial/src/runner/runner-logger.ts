type Log = (fields: Readonly<Record<string, unknown>>, message: string) => void;

/** Where the runner's end tells what it does. A pino logger is one. Nothing secret is ever passed to it. */
export interface RunnerLogger {
  readonly debug: Log;
  readonly info: Log;
  readonly warn: Log;
  readonly error: Log;
}
