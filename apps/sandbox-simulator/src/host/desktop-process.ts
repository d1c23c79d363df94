import { rm } from 'node:fs/promises';

import { builtFile } from '../built-file.js';
import { isDesktopMessage } from '../desktop/desktop-options.js';
import type { ScreenshotFaultMode } from '../desktop/screenshot-fault.js';
import { DESKTOP_READY_MS } from '../limits.js';
import { ChildGroup, essentialEnvironment } from './child-group.js';

export interface DesktopProcessOptions {
  readonly sessionId: string;
  /** The container's environment, beside the little that Node itself needs. */
  readonly env?: Readonly<Record<string, string>>;
  /** The agent's program; without it the desktop has none. */
  readonly agentPath?: string;
  /** Where the agent connects to when that is not what the environment says: through a relay. */
  readonly server?: string;
  readonly serverName?: string;
  readonly port?: number;
  readonly bootDelayMs?: number;
  readonly fault?: ScreenshotFaultMode;
  readonly onLine?: (line: string) => void;
}

/** A desktop container stand-in: one process with the screenshot server, and the real agent as its child. */
export class DesktopProcess {
  readonly #group: ChildGroup;
  readonly sessionId: string;
  /** Resolves to the port of the screenshot server; rejects when the desktop ends first or takes too long. */
  readonly ready: Promise<number>;
  /** Resolves when desktop and agent are gone. */
  readonly exited: Promise<void>;
  #port: number | undefined;
  #agentPid: number | undefined;
  #folder: string | undefined;

  constructor(options: DesktopProcessOptions) {
    this.sessionId = options.sessionId;
    let resolveReady: (port: number) => void = () => undefined;
    let rejectReady: (reason: Error) => void = () => undefined;
    this.ready = new Promise<number>((resolve, reject) => {
      resolveReady = resolve;
      rejectReady = reject;
    });
    this.ready.catch(() => undefined);
    const tooLate = setTimeout(() => {
      rejectReady(new Error(`desktop of ${options.sessionId} did not open its port in time`));
    }, DESKTOP_READY_MS);

    const env: Record<string, string> = { ...essentialEnvironment(), ...options.env };
    if (options.fault !== undefined) env['SIM_SCREENSHOT_FAULT'] = options.fault;
    this.#group = new ChildGroup({
      args: [builtFile('desktop/main.js'), ...desktopArguments(options)],
      env,
      onLine: options.onLine ?? (() => undefined),
      onMessage: (message) => {
        if (!isDesktopMessage(message)) return;
        if (message.msg === 'agent started') this.#agentPid = message.pid;
        else if (message.msg === 'agent ended') this.#agentPid = undefined;
        else if (message.msg === 'folder') this.#folder = message.path;
        else {
          clearTimeout(tooLate);
          this.#port = message.port;
          resolveReady(message.port);
        }
      },
    });
    this.exited = this.#group.exited.then(async ({ code, signal }) => {
      // One that was killed could not do it itself.
      if (this.#folder !== undefined) await rm(this.#folder, { recursive: true, force: true });
      clearTimeout(tooLate);
      this.#agentPid = undefined;
      rejectReady(new Error(`desktop of ${options.sessionId} ended with ${String(signal ?? code)}`));
    });
  }

  get pid(): number | undefined {
    return this.#group.pid;
  }

  /** Known once the desktop is ready. */
  get port(): number | undefined {
    return this.#port;
  }

  /** The agent's process while there is one. */
  get agentPid(): number | undefined {
    return this.#agentPid;
  }

  /** Asks desktop and agent to end, kills them when they do not, resolves when they are gone. */
  async close(): Promise<void> {
    await this.#group.close();
  }

  /** Kills desktop and agent at once. */
  destroy(): void {
    this.#group.destroy();
  }
}

/** Starts a desktop and waits until its screenshot server answers. */
export async function startDesktop(options: DesktopProcessOptions): Promise<DesktopProcess> {
  const desktop = new DesktopProcess(options);
  try {
    await desktop.ready;
    return desktop;
  } catch (error) {
    await desktop.close();
    throw error;
  }
}

function desktopArguments(options: DesktopProcessOptions): readonly string[] {
  const args = ['--session-id', options.sessionId];
  if (options.port !== undefined) args.push('--port', String(options.port));
  if (options.bootDelayMs !== undefined) args.push('--boot-delay-ms', String(options.bootDelayMs));
  if (options.agentPath !== undefined) args.push('--agent', options.agentPath);
  if (options.server !== undefined) args.push('--server', options.server);
  if (options.serverName !== undefined) args.push('--server-name', options.serverName);
  return args;
}
