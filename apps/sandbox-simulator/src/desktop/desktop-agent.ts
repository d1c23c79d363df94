import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

import type { DesktopOptions } from './desktop-options.js';

/** Shorter than the parent's own limit for the desktop, so that there is time to kill the agent and exit. */
const AGENT_KILL_AFTER_MS = 1500;

/**
 * The real agent as a desktop's start script starts it: in the background, before there is a screenshot server, with
 * the container's environment, without a supervisor (helix-rest §6.4). The token stays in `USER_API_TOKEN`.
 */
export class DesktopAgent {
  readonly #child: ChildProcess;

  constructor(agentPath: string, options: DesktopOptions, port: number, env: NodeJS.ProcessEnv) {
    const args = ['--tunnel', `sandbox-${options.sessionId}=127.0.0.1:${String(port)}`];
    if (options.server !== undefined) args.push('--server', revdialUrl(options.server));
    if (options.serverName !== undefined) args.push('--server-name', options.serverName);
    const ownEnv = { ...env };
    delete ownEnv['SIM_SCREENSHOT_FAULT'];
    this.#child = spawn(process.execPath, [agentPath, ...args], {
      env: ownEnv,
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    // A program that cannot be started is reported as one that ended.
    this.#child.on('error', () => this.#child.emit('exit', null, null));
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  onEnded(listener: (code: number | null, signal: string | null) => void): void {
    this.#child.once('exit', listener);
  }

  /** Asks the agent to end and kills it when it does not in time. */
  async close(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null || this.#child.pid === undefined) return;
    const ended = once(this.#child, 'exit');
    const killTimer = setTimeout(() => this.#child.kill('SIGKILL'), AGENT_KILL_AFTER_MS);
    this.#child.kill('SIGTERM');
    await ended;
    clearTimeout(killTimer);
  }

  destroy(): void {
    this.#child.kill('SIGKILL');
  }
}

function revdialUrl(apiUrl: string): string {
  return `${apiUrl.replace(/\/+$/, '')}/api/v1/revdial`;
}
