import type { Logger } from 'pino';

import { apiUrlOf } from '../desktop/desktop-options.js';
import type { ScreenshotFaultMode } from '../desktop/screenshot-fault.js';
import { DESKTOPS_COUNT } from '../limits.js';
import { IdleLobbyRunner, type LobbyLaunch, type LobbyRunner, type RunningRunner } from '../wolf/lobby-runner.js';
import { containerEnvironment, logChildLine } from './child-group.js';
import { DesktopProcess } from './desktop-process.js';
import type { AgentRoute } from './link-relays.js';

export interface DesktopStatus {
  readonly lobbyId: string;
  readonly sessionId: string;
  readonly image: string;
  /** Null until the screenshot server is up. */
  readonly port: number | null;
  readonly desktopPid: number | null;
  readonly agentPid: number | null;
  /** Names, never values: the environment holds the session's token. */
  readonly envKeys: readonly string[];
}

export interface DesktopLauncherOptions {
  readonly agentPath: string;
  /** The way for an agent to the API it was given. */
  readonly routeTo: (apiUrl: string) => Promise<AgentRoute>;
  readonly logger: Logger;
  readonly fault?: ScreenshotFaultMode;
  readonly bootDelayMs?: number;
}

interface LaunchedDesktop {
  readonly lobby: LobbyLaunch;
  readonly process: DesktopProcess;
  readonly envKeys: readonly string[];
}

/** Starts the runner of a lobby as Docker does on a real host, with a desktop process for the container. */
export class DesktopLauncher implements LobbyRunner {
  readonly #options: DesktopLauncherOptions;
  readonly #desktops = new Map<string, LaunchedDesktop>();
  readonly #idle = new IdleLobbyRunner();
  #fault: ScreenshotFaultMode | undefined;

  constructor(options: DesktopLauncherOptions) {
    this.#options = options;
    this.#fault = options.fault;
  }

  /**
   * Resolves as soon as the desktop's process exists, as a container runs before what is in it is ready. A lobby
   * without `HELIX_SESSION_ID` or API address gets a desktop without an agent, so it is not reachable through the API.
   * A runner that is no container has no desktop.
   */
  async start(lobby: LobbyLaunch): Promise<RunningRunner> {
    if (lobby.type !== 'docker') return this.#idle.start();
    if (this.#desktops.size >= DESKTOPS_COUNT)
      throw new Error(`this host starts at most ${String(DESKTOPS_COUNT)} desktops`);
    const env = containerEnvironment(lobby.env);
    const sessionId = env['HELIX_SESSION_ID'] ?? '';
    const apiUrl = apiUrlOf(env);
    const logger = this.#options.logger.child({ lobbyId: lobby.lobbyId, sessionId });
    const connects = sessionId !== '' && apiUrl !== undefined;
    if (!connects) logger.warn('lobby environment without session id or API URL: its desktop starts no agent');
    const route = connects ? await this.#options.routeTo(apiUrl) : undefined;
    const desktop = new DesktopProcess({
      sessionId: sessionId === '' ? lobby.lobbyId : sessionId,
      env,
      ...(route !== undefined && { agentPath: this.#options.agentPath, ...route }),
      ...(this.#options.bootDelayMs !== undefined && { bootDelayMs: this.#options.bootDelayMs }),
      ...(this.#fault !== undefined && { fault: this.#fault }),
      onLine: (line) => {
        logChildLine(logger, line);
      },
    });
    this.#desktops.set(lobby.lobbyId, { lobby, process: desktop, envKeys: Object.keys(env) });
    logger.info({ desktopPid: desktop.pid }, 'desktop started');
    const exited = desktop.exited.then(() => {
      this.#desktops.delete(lobby.lobbyId);
      logger.info('desktop ended');
    });
    return { stop: () => desktop.close(), exited };
  }

  list(): readonly DesktopStatus[] {
    return [...this.#desktops.values()].map(({ lobby, process: desktop, envKeys }) => ({
      lobbyId: lobby.lobbyId,
      sessionId: desktop.sessionId,
      image: lobby.image,
      port: desktop.port ?? null,
      desktopPid: desktop.pid ?? null,
      agentPid: desktop.agentPid ?? null,
      envKeys,
    }));
  }

  /** The fault with which desktops start from now on. */
  setFault(fault: ScreenshotFaultMode | undefined): void {
    this.#fault = fault;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#desktops.values()].map(({ process: desktop }) => desktop.close()));
  }
}
