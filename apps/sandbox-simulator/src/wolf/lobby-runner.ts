/**
 * What stands in for Docker: starts what a lobby's runner describes. The simulated Wolf knows nothing of processes,
 * ports or agents; a runner that makes desktops is injected.
 */
export interface LobbyRunner {
  /**
   * Starts the lobby's container. Called after the create call was answered, as Wolf does.
   * A rejection is Docker refusing the container: the lobby disappears with a StopLobbyEvent as its only trace.
   */
  start(launch: LobbyLaunch): Promise<RunningRunner>;
}

export interface RunningRunner {
  /** Resolves when the container is stopped. Called at most once, and not after `exited`. */
  stop(): Promise<void>;
  /** Resolves when the container is gone, for any reason; never rejects. The lobby is removed then. */
  readonly exited: Promise<void>;
}

export interface LobbyLaunch {
  readonly lobbyId: string;
  /** The lobby's display name. */
  readonly lobbyName: string;
  readonly type: 'docker' | 'process';
  /** `runner.name`; the container is called `<name>_<lobbyId>`. Empty for a process. */
  readonly name: string;
  /** Empty for a process. */
  readonly image: string;
  /** Only for a process. */
  readonly runCommand: string | undefined;
  /** What the request configured, then what Wolf adds (`WOLF_SESSION_ID`, display size …). Later entries win. */
  readonly env: readonly string[];
  /** As Wolf prints them again: `source:destination:mode`. */
  readonly mounts: readonly string[];
  readonly devices: readonly string[];
  readonly ports: readonly string[];
  readonly baseCreateJson: string;
  readonly runnerStateFolder: string;
  readonly video: { readonly width: number; readonly height: number; readonly refreshRateHz: number };
}

/** Starts nothing and runs until it is stopped. */
export class IdleLobbyRunner implements LobbyRunner {
  start(): Promise<RunningRunner> {
    let end: () => void = () => undefined;
    const exited = new Promise<void>((resolve) => {
      end = resolve;
    });
    return Promise.resolve({
      exited,
      stop: () => {
        end();
        return exited;
      },
    });
  }
}
