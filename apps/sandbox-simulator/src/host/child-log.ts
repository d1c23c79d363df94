import type { Logger } from 'pino';

/** Levels of a pino line that matter to whoever watches the host, by label and by number. */
const GRAVE_LEVELS: readonly unknown[] = ['warn', 'error', 'fatal', 40, 50, 60];

/** A child's JSON line as an object, or `undefined`. */
export function parseChildLine(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const parsed: unknown = JSON.parse(line);
    return typeof parsed === 'object' && parsed !== null ? { ...parsed } : undefined;
  } catch {
    return undefined;
  }
}

/** Hands a child's line on to our log: its warnings and plain text as warnings, the rest for the curious. */
export function logChildLine(logger: Logger, line: string): void {
  const parsed = parseChildLine(line);
  if (parsed === undefined || GRAVE_LEVELS.includes(parsed['level']))
    logger.warn({ line: parsed ?? line }, 'child says');
  else logger.debug({ line: parsed }, 'child says');
}
