import { closeSync } from 'node:fs';
import { constants } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { isatty } from 'node:tty';

import { END_AT_ONCE_LIMIT_MS, LOG_FLUSH_LIMIT_MS, PARENT_CHECK_MS, SAME_WISH_MS } from './limits.js';
import type { ProgramLog } from './program-log.js';

const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;

/** The status for "internal software error" of BSD's sysexits, apart from our own. */
const DEFECT = 70;

export interface ProgramEndOptions {
  readonly log: ProgramLog;
  /** How long the end in order may take. */
  readonly limitMs: number;
  /** Ends what must not be left behind when there is no time for an end in order. Cut off after some seconds. */
  readonly atOnce?: () => Promise<void>;
}

/**
 * How a program comes to its end. `asked` aborts, and the end in order begins, at the first SIGTERM, SIGINT (Ctrl-C) or SIGHUP (the
 * terminal was closed), when npm or a parent that holds a channel to it has gone, and at an exception that was not caught: something
 * is left half done that cannot be named, so the exit code is then that of a defect. What cuts it short is its limit, or
 * a further signal, with 128 and the signal's number.
 */
export class ProgramEnd {
  readonly #asked = new AbortController();
  readonly #options: ProgramEndOptions;
  readonly #terminals = [0, 1, 2].filter((fd) => isatty(fd));
  #askedAtMs = 0;
  #hasDefect = false;
  #isEndingAtOnce = false;

  constructor(options: ProgramEndOptions) {
    this.#options = options;
    for (const signal of SIGNALS) {
      process.on(signal, () => {
        this.#onSignal(signal);
      });
    }
    if (process.connected) {
      process.once('disconnect', () => {
        this.#ask({ parent: 'gone' });
      });
    }
    if (isRunByNpm()) this.#watchParent();
    process.on('uncaughtException', (error, origin) => {
      this.#hasDefect = true;
      this.#options.log.logger.fatal({ error, origin }, 'a defect that nothing has caught; the program ends');
      this.#ask({ origin });
    });
  }

  get asked(): AbortSignal {
    return this.#asked.signal;
  }

  /** Ends the process with what it has open; `code` unless there was a defect. The log gets a moment to be read. */
  async exit(code: number): Promise<never> {
    await this.#options.log.flush(LOG_FLUSH_LIMIT_MS);
    this.#closeLostTerminals();
    process.exit(this.#hasDefect ? DEFECT : code);
  }

  /** npm dies of some signals, SIGHUP and SIGKILL among them, without a word to the program. */
  #watchParent(): void {
    const parent = process.ppid;
    const timer = setInterval(() => {
      if (process.ppid === parent) return;
      clearInterval(timer);
      this.#ask({ parent: 'gone' });
    }, PARENT_CHECK_MS);
    timer.unref();
  }

  /** At its exit Node gives terminals their old settings and aborts when one is gone; closed descriptors it leaves alone. */
  #closeLostTerminals(): void {
    for (const fd of this.#terminals) if (!isatty(fd)) closeSync(fd);
  }

  #onSignal(signal: (typeof SIGNALS)[number]): void {
    if (!this.asked.aborted) this.#ask({ signal });
    else if (performance.now() - this.#askedAtMs > SAME_WISH_MS) {
      void this.#endAtOnce({ signal }, 128 + constants.signals[signal]);
    }
  }

  #ask(why: Readonly<Record<string, string>>): void {
    if (this.asked.aborted) return;
    this.#options.log.logger.info(why, 'closing');
    this.#askedAtMs = performance.now();
    setTimeout(() => void this.#endAtOnce({ limitMs: this.#options.limitMs }, 0), this.#options.limitMs);
    this.#asked.abort();
  }

  async #endAtOnce(why: Readonly<Record<string, unknown>>, code: number): Promise<void> {
    if (this.#isEndingAtOnce) return;
    this.#isEndingAtOnce = true;
    this.#options.log.logger.warn(why, 'ending at once');
    await Promise.race([this.#options.atOnce?.().catch(() => undefined), pause(END_AT_ONCE_LIMIT_MS)]);
    await this.exit(code);
  }
}

/** Our scripts in package.json replace the shell, so npm is the parent of the program itself. */
function isRunByNpm(): boolean {
  return process.env['npm_lifecycle_script']?.startsWith('exec ') === true;
}
