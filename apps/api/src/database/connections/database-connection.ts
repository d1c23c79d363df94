import pg from 'pg';
import { DatabaseTrouble } from '../database-trouble.js';

export interface DatabaseConnectionConfig extends pg.ClientConfig {
  /** Without an answer for so long a connection is dead; longer than PostgreSQL lets a statement run. */
  readonly silenceMs?: number;
}

/**
 * A connection that is used no more once it was in trouble: its session may be one of a server that went away, be on a standby, or
 * still run the abandoned statement. Errors of a statement's own are passed on as they are, all others become
 * `DatabaseTrouble`.
 */
export class DatabaseConnection extends pg.Client {
  /** Called when the server has said nothing since `sentAtMs` (on `performance.now`), though it should have. */
  onSilence: (sentAtMs: number) => void = () => undefined;
  readonly #silenceMs: number;
  #heardAtMs = performance.now();

  constructor(config: DatabaseConnectionConfig = {}) {
    super(config);
    this.#silenceMs = config.silenceMs ?? 0;
  }

  /** When the server last answered, on `performance.now`. */
  get heardAtMs(): number {
    return this.#heardAtMs;
  }

  // One signature for all of the driver's; what it returns is what the driver would.
  override query(...question: readonly unknown[]): never {
    const callback = question.at(-1);
    if (typeof callback !== 'function') return this.#ask(question) as never;
    this.#ask(question.slice(0, -1)).then(
      (answer) => {
        Reflect.apply(callback, undefined, [null, answer]);
      },
      (error: unknown) => {
        Reflect.apply(callback, undefined, [error]);
      },
    );
    return undefined as never;
  }

  /** Cuts the connection; who uses it hears of it by its error. Idempotent. */
  destroy(): void {
    this.connection.stream.destroy();
  }

  async #ask(question: readonly unknown[]): Promise<unknown> {
    const sentAtMs = performance.now();
    try {
      const answer = await this.#unlessSilent(
        Reflect.apply(super.query.bind(this), undefined, question) as Promise<unknown>,
        sentAtMs,
      );
      this.#heardAtMs = performance.now();
      return answer;
    } catch (error) {
      const trouble = DatabaseTrouble.ofStatement(error);
      if (trouble === undefined) {
        this.#heardAtMs = performance.now();
        throw error;
      }
      // Once its end was asked for the pool does not hand it out again; the socket itself need not wait for the server's farewell.
      this.end().catch(() => undefined);
      this.destroy();
      throw trouble;
    }
  }

  async #unlessSilent(answer: Promise<unknown>, sentAtMs: number): Promise<unknown> {
    if (this.#silenceMs === 0) return await answer;
    let timer: NodeJS.Timeout | undefined;
    const silence = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => {
        // Timers run before sockets are read: after this process was frozen the answer may lie in the kernel.
        setImmediate(() => {
          setImmediate(() => {
            reject(new Error(`no answer for ${String(this.#silenceMs)} ms`));
          });
        });
      }, this.#silenceMs);
    });
    silence.catch(() => {
      if (this.#heardAtMs < sentAtMs) this.onSilence(sentAtMs);
    });
    try {
      return await Promise.race([answer, silence]);
    } finally {
      clearTimeout(timer);
      // A late failure of the abandoned answer must not count as unhandled.
      answer.catch(() => undefined);
    }
  }
}
