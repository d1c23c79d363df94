import { setTimeout as wait } from 'node:timers/promises';
import type { LobbyLaunch, LobbyRunner, RunningRunner } from './lobby-runner.js';
import type { Lobby } from './lobby-table.js';
import type { WolfFaults } from './wolf-faults.js';

export interface RunnerThreadsOptions {
  readonly runner: LobbyRunner;
  readonly faults: WolfFaults;
  /** From a stop to the moment at which the thread notices that its container is gone. */
  readonly secondStopDelayMs: number;
  /** A runner description that kills its thread without a trace. */
  readonly onThreadDeath: () => void;
}

/**
 * The thread of each lobby that starts its container and waits for its end (wolf-api §4.2). Containers survive their
 * Wolf: a crash forgets them here, while they run on.
 */
export class RunnerThreads {
  readonly #options: RunnerThreadsOptions;
  readonly #running = new Set<RunningRunner>();
  readonly #starts = new Map<Lobby, Promise<void>>();
  readonly #ended = new AbortController();

  constructor(options: RunnerThreadsOptions) {
    this.#options = options;
  }

  run(lobby: Lobby, onGone: () => Promise<void>): void {
    if (lobby.runner.type === 'docker' && !isJson(lobby.runner.base_create_json)) {
      this.#options.onThreadDeath();
      return;
    }
    const started = this.#start(lobby);
    this.#starts.set(
      lobby,
      started.then(() => undefined),
    );
    void this.#follow(lobby, started, onGone);
  }

  /** Stops the lobby's container, if it has one; waits for one that is just starting. */
  async stop(lobby: Lobby): Promise<void> {
    await this.#starts.get(lobby);
    const running = lobby.running;
    if (running === undefined || !this.#running.has(running)) return;
    await running.stop().catch(() => undefined);
  }

  /** The process is gone: no thread speaks any more. What still runs is handed over. */
  abandon(): readonly RunningRunner[] {
    this.#ended.abort();
    return [...this.#running];
  }

  async #start(lobby: Lobby): Promise<RunningRunner | undefined> {
    if (this.#options.faults.runnerDiesAfterCreate) return undefined;
    try {
      const running = await this.#options.runner.start(launchOf(lobby));
      this.#running.add(running);
      lobby.running = running;
      return running;
    } catch {
      // Docker refused the container.
      return undefined;
    }
  }

  async #follow(lobby: Lobby, started: Promise<RunningRunner | undefined>, onGone: () => Promise<void>): Promise<void> {
    const running = await started;
    await running?.exited;
    if (running !== undefined) this.#running.delete(running);
    this.#starts.delete(lobby);
    try {
      if (lobby.state !== 'standing') {
        await wait(this.#options.secondStopDelayMs, undefined, { signal: this.#ended.signal, ref: false });
      }
    } catch {
      return;
    }
    if (!this.#ended.signal.aborted) await onGone();
  }
}

/** The environment is what was configured and then what Wolf adds, which no list shows (wolf-api §4.4). */
function launchOf(lobby: Lobby): LobbyLaunch {
  const { runner, video } = lobby;
  const docker = runner.type === 'docker' ? runner : undefined;
  return {
    lobbyId: lobby.id,
    lobbyName: lobby.name,
    type: runner.type,
    name: docker?.name ?? '',
    image: docker?.image ?? '',
    runCommand: runner.type === 'process' ? runner.run_cmd : undefined,
    env: [
      ...(docker?.env ?? []),
      `WOLF_SESSION_ID=${lobby.id}`,
      `GAMESCOPE_WIDTH=${String(video.width)}`,
      `GAMESCOPE_HEIGHT=${String(video.height)}`,
      `GAMESCOPE_REFRESH=${String(video.refresh_rate)}`,
      'WAYLAND_DISPLAY=wayland-1',
      `PUID=${String(lobby.clientSettings.run_uid)}`,
      `PGID=${String(lobby.clientSettings.run_gid)}`,
    ],
    mounts: docker?.mounts ?? [],
    devices: docker?.devices ?? [],
    ports: docker?.ports ?? [],
    baseCreateJson: docker?.base_create_json ?? '{}',
    runnerStateFolder: lobby.runnerStateFolder,
    video: { width: video.width, height: video.height, refreshRateHz: video.refresh_rate },
  };
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
