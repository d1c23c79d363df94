import { setTimeout as delay } from 'node:timers/promises';

import type { Logger } from 'pino';

import { builtFile } from '../built-file.js';
import { ChildGroup, essentialEnvironment, logChildLine, parseChildLine } from './child-group.js';
import type { AgentRoute } from './link-relays.js';

export interface HostAgentOptions {
  readonly agentPath: string;
  readonly route: AgentRoute;
  /** `<runner-id>=<address>`, as the agent's `--tunnel` takes it. */
  readonly tunnels: readonly string[];
  /** What it is told to speak; it finds out by itself when not given. */
  readonly transport?: string | undefined;
  readonly runnerToken: string;
  readonly restartMs: number;
  readonly logger: Logger;
  /** Called for each of the agent's lines which says that a link stands. */
  readonly onConnected: () => void;
}

/** The host's real agent under a supervisor that starts it again when it ends, as the start script's loop does. */
export class HostAgent {
  readonly #options: HostAgentOptions;
  readonly #ending = new AbortController();
  #group: ChildGroup | undefined;
  #agentPid: number | undefined;
  #restartMs: number;
  #startCount = 0;
  #loop: Promise<void> = Promise.resolve();

  constructor(options: HostAgentOptions) {
    this.#options = options;
    this.#restartMs = options.restartMs;
  }

  get pid(): number | undefined {
    return this.#agentPid;
  }

  /** How often the agent was started, the first time included. */
  get startCount(): number {
    return this.#startCount;
  }

  start(): void {
    this.#loop = this.#supervise();
  }

  /** Kills the agent as a crash would; false when it is not running. It returns after `restartMs`. */
  kill(restartMs = this.#options.restartMs): boolean {
    if (this.#agentPid === undefined) return false;
    this.#restartMs = restartMs;
    return process.kill(this.#agentPid, 'SIGKILL');
  }

  async close(): Promise<void> {
    this.#ending.abort();
    await this.#group?.close();
    await this.#loop;
  }

  async #supervise(): Promise<void> {
    const { signal } = this.#ending;
    const isEnding = (): boolean => signal.aborted;
    while (!isEnding()) {
      this.#group = this.#spawn();
      this.#startCount += 1;
      const end = await this.#group.exited;
      this.#agentPid = undefined;
      if (isEnding()) return;
      this.#options.logger.warn({ ...end, retryMs: this.#restartMs }, 'host agent ended');
      await delay(this.#restartMs, undefined, { signal }).catch(() => undefined);
      this.#restartMs = this.#options.restartMs;
    }
  }

  #spawn(): ChildGroup {
    const { agentPath, route, tunnels, transport, runnerToken, logger, onConnected } = this.#options;
    const server = `${route.server.replace(/\/+$/, '')}/api/v1/revdial`;
    const args = ['--server', server];
    if (transport !== undefined) args.push('--transport', transport);
    if (route.serverName !== undefined) args.push('--server-name', route.serverName);
    for (const tunnel of tunnels) args.push('--tunnel', tunnel);
    return new ChildGroup({
      args: [builtFile('host/leash.js'), agentPath, ...args],
      env: { ...essentialEnvironment(), RUNNER_TOKEN: runnerToken },
      onLine: (line) => {
        logChildLine(logger, line);
        if (parseChildLine(line)?.['msg'] === 'connected') onConnected();
      },
      onMessage: (message) => {
        if (typeof message !== 'object' || message === null || !('pid' in message)) return;
        if (typeof message.pid === 'number') this.#agentPid = message.pid;
      },
    });
  }
}
