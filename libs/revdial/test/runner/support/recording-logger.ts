import type { RunnerLogger } from '@helix/revdial';

export interface LogLine {
  readonly level: keyof RunnerLogger;
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** Keeps what it is told. */
export class RecordingLogger implements RunnerLogger {
  readonly lines: LogLine[] = [];
  readonly debug = this.#recorder('debug');
  readonly info = this.#recorder('info');
  readonly warn = this.#recorder('warn');
  readonly error = this.#recorder('error');

  find(message: string): LogLine | undefined {
    return this.lines.find((line) => line.message === message);
  }

  all(message: string): readonly LogLine[] {
    return this.lines.filter((line) => line.message === message);
  }

  #recorder(level: keyof RunnerLogger): RunnerLogger['info'] {
    return (fields, message) => {
      this.lines.push({ level, message, fields });
    };
  }
}
