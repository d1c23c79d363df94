import { parseForeignJson, SMALL_JSON } from '@helix/revdial';

/** One line of a desktop's log; time and stream are null where the desktop does not tell them. */
export interface LogEntry {
  readonly t: string | null;
  readonly stream: string | null;
  readonly line: string;
}

/** Reads a line as a desktop wrote it: `{"t","stream","line"}`, or text. */
export function parseLogLine(text: string): LogEntry {
  const plain = { t: null, stream: null, line: text };
  if (!text.startsWith('{')) return plain;
  let value: unknown;
  try {
    value = parseForeignJson(text, SMALL_JSON);
  } catch {
    return plain;
  }
  if (typeof value !== 'object' || value === null || !('line' in value) || typeof value.line !== 'string') return plain;
  const { line } = value;
  return {
    t: 't' in value && typeof value.t === 'string' ? value.t : null,
    stream: 'stream' in value && typeof value.stream === 'string' ? value.stream : null,
    line,
  };
}

/** The entry as one line of text, with its time where that is known. */
export function logText(entry: LogEntry): string {
  return entry.t === null ? entry.line : `${entry.t} ${entry.line}`;
}
