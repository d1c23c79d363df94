import type { ExternalAgentLogger } from '../../src/index.js';

/** What was said, at which level; fields as text, to look for secrets in them. */
export class RecordingLogger implements ExternalAgentLogger {
  readonly lines: { readonly level: string; readonly message: string; readonly fields: string }[] = [];

  info(fields: Readonly<Record<string, unknown>>, message: string): void {
    this.#note('info', fields, message);
  }

  warn(fields: Readonly<Record<string, unknown>>, message: string): void {
    this.#note('warn', fields, message);
  }

  error(fields: Readonly<Record<string, unknown>>, message: string): void {
    this.#note('error', fields, message);
  }

  countOf(message: string): number {
    return this.lines.filter((line) => line.message === message).length;
  }

  #note(level: string, fields: Readonly<Record<string, unknown>>, message: string): void {
    const text = JSON.stringify(fields, (_key, value: unknown) =>
      value instanceof Error ? `${value.name}: ${value.message}` : value,
    );
    this.lines.push({ level, message, fields: text });
  }
}
