import { type ChildProcess, spawn } from 'node:child_process';
import type { IncomingMessage, ServerResponse } from 'node:http';

import { COMMAND_OUTPUT_MAX_BYTES, COMMANDS_COUNT, CONTROL_BODY_MAX_BYTES } from '../limits.js';
import { answerJson, answerText, readBody } from '../local-server.js';
import type { DesktopLog } from './desktop-log.js';

/**
 * What may be run: programs that read no file, write none and start no other program, since this desktop is a
 * process on the machine that runs the simulator.
 */
const ALLOWED: ReadonlySet<string> = new Set(['echo', 'false', 'printenv', 'seq', 'sleep', 'true', 'uname']);

/** As desktops have it when a caller does not say (helix-rest §3.6). */
const DEFAULT_TIMEOUT_S = 30;

interface Command {
  readonly program: string;
  readonly args: readonly string[];
  readonly background: boolean;
  readonly timeoutMs: number;
  readonly env: Readonly<Record<string, string>>;
}

/** `POST /exec`: real processes, from a short list, with nothing of this process' environment. */
export class Commands {
  readonly #log: DesktopLog;
  readonly #running = new Set<ChildProcess>();

  constructor(log: DesktopLog) {
    this.#log = log;
  }

  async answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const command = parseCommand((await readBody(req, CONTROL_BODY_MAX_BYTES)) ?? '');
    if (command === undefined) {
      answerText(res, 400, 'expected {"command":[…],"background"?:…,"timeout"?:…,"env"?:{…}}');
    } else if (!ALLOWED.has(command.program)) {
      this.#log.write('stderr', `exec ${JSON.stringify(command.program)} is not allowed`);
      answerText(res, 403, 'this program is not allowed');
    } else if (this.#running.size >= COMMANDS_COUNT) {
      answerText(res, 503, 'too many commands run');
    } else {
      this.#log.write('stdout', `exec ${command.program}`);
      this.#run(command, res);
    }
  }

  /** Kills what runs. */
  close(): void {
    for (const child of this.#running) child.kill('SIGKILL');
  }

  #run(command: Command, res: ServerResponse): void {
    const child = spawn(command.program, command.args, {
      env: { PATH: '/usr/bin:/bin', ...command.env },
      stdio: ['ignore', command.background ? 'ignore' : 'pipe', command.background ? 'ignore' : 'pipe'],
    });
    this.#running.add(child);
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      child.kill('SIGKILL');
    }, command.timeoutMs);
    const output = collect(child.stdout);
    const errors = collect(child.stderr);
    let failure: string | undefined;
    child.once('error', (error) => {
      failure = error.message;
      child.emit('close', null, null);
    });
    child.once('close', (code: number | null) => {
      clearTimeout(timer);
      this.#running.delete(child);
      if (command.background && failure === undefined) return;
      const error = failure ?? (timedOut ? 'the command took too long' : errors.text());
      answerJson(res, 200, {
        success: code === 0,
        exit_code: code ?? -1,
        output: output.text(),
        ...(error !== '' && { error }),
      });
    });
    if (command.background) {
      child.once('spawn', () => {
        answerJson(res, 200, { success: true, exit_code: 0, pid: child.pid });
      });
    } else {
      // The caller has disconnected.
      res.once('close', () => {
        if (!res.writableFinished) child.kill('SIGKILL');
      });
    }
  }
}

function collect(stream: NodeJS.ReadableStream | null): { readonly text: () => string } {
  const chunks: Buffer[] = [];
  let byteCount = 0;
  stream?.on('data', (chunk: Buffer) => {
    if (byteCount < COMMAND_OUTPUT_MAX_BYTES) chunks.push(chunk);
    byteCount += chunk.length;
  });
  return { text: () => Buffer.concat(chunks).subarray(0, COMMAND_OUTPUT_MAX_BYTES).toString('utf8') };
}

function parseCommand(body: string): Command | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch {
    return undefined;
  }
  if (typeof parsed !== 'object' || parsed === null) return undefined;
  const { command, background = false, timeout = DEFAULT_TIMEOUT_S, env = {} } = parsed as Record<string, unknown>;
  if (!Array.isArray(command) || !command.every((part): part is string => typeof part === 'string')) return undefined;
  const [program, ...args] = command;
  if (program === undefined || typeof background !== 'boolean' || typeof timeout !== 'number') return undefined;
  if (typeof env !== 'object' || env === null || !(timeout > 0)) return undefined;
  const variables: Record<string, string> = {};
  for (const [name, value] of Object.entries(env)) {
    // What would make a program load other code stays out.
    if (typeof value !== 'string' || name === 'PATH' || name.startsWith('LD_')) return undefined;
    variables[name] = value;
  }
  return { program, args, background, timeoutMs: timeout * 1_000, env: variables };
}
