/** Where a watch tells of what nobody waits for; pino fits. */
export interface WolfLogger {
  debug(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}
