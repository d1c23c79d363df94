/** What this library logs through; pino and the like fit as they are. Never receives a token or a URL. */
export interface RevDialLogger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

const ignore = (): void => undefined;

export const SILENT_LOGGER: RevDialLogger = { debug: ignore, info: ignore, warn: ignore, error: ignore };
