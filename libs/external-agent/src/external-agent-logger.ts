/** What this package asks of a log; pino's shape. Fields never hold a token, a PIN or an environment. */
export interface ExternalAgentLogger {
  info(fields: Readonly<Record<string, unknown>>, message: string): void;
  warn(fields: Readonly<Record<string, unknown>>, message: string): void;
  error(fields: Readonly<Record<string, unknown>>, message: string): void;
}
