/** How one answer goes wrong. The request has taken effect all the same, except for `empty-unhandled` and `silent`. */
export type AnswerFaultKind =
  /** Closes without a byte, after the request took effect. */
  | 'empty'
  /** Closes without a byte; the request has had no effect. */
  | 'empty-unhandled'
  /** Announces the whole length and sends half of it. */
  | 'cut'
  /** Reads the request and never answers. */
  | 'silent'
  /** Status 500 with a body that is not JSON. */
  | 'unparseable500'
  /** Status 200 with a body that is not JSON. */
  | 'unparseable200'
  /** Status 200 and JSON of an unexpected shape. */
  | 'wrong-shape'
  /** 64 MiB of body. */
  | 'oversized';

export interface AnswerFault {
  readonly kind: AnswerFaultKind;
  /** Only requests to this path, such as `/api/v1/lobbies/create`; without it, all. */
  readonly path?: string;
  /** How many answers it spoils; without it, all until it is taken away. */
  count?: number;
}

/** What is wrong with this Wolf, changed while it runs by assigning to the properties. Plain values, so that JSON can set them. */
export interface WolfFaults {
  /** How long a compositor takes. Beyond the era's cap the create call answers `Lobby setup timed out` by itself. */
  createDelayMs: number;
  /** Every create answers `Lobby setup timed out` after `createTimeoutMs`; the lobby stays and its runner starts anyway. */
  createTimesOutLeavingLobby: boolean;
  /** How long a create waits for the compositor; `undefined` is the era's own cap. */
  createTimeoutMs: number | undefined;
  /** The container is refused or dies at once: the lobby disappears after it was promised. */
  runnerDiesAfterCreate: boolean;
  /** Every create makes two lobbies with the same runner, as a retry of a timed-out create does. */
  duplicateLobby: boolean;
  /** Every answer is held back for this long, and with it all requests behind it. */
  answerDelayMs: number;
  answer: AnswerFault | undefined;
  /** Its list of lobbies is empty although lobbies run, as if another Wolf had taken its place. */
  listsNothing: boolean;
  /** Sessions vanish between being listed and being joined. */
  sessionVanishesBeforeJoin: boolean;
  /** `amd`: as the tool of AMD measures, which knows memory only. `throws` harms Wolf (wolf-api §2.3). */
  gpuStats: 'normal' | 'amd' | 'unavailable' | 'all-zero' | 'throws';
  gpuName: string;
  /** Streams that are encoded; `undefined`: one for each session. */
  encoderSessionCount: number | undefined;
  videoMemoryTotalMb: number;
  /** `undefined`: what the card takes when idle, and `videoMemoryPerLobbyMb` for each lobby. */
  videoMemoryUsedMb: number | undefined;
  videoMemoryPerLobbyMb: number;
  /** The least that is wrong: `degraded` means at least one stuck thread, `critical` that no pipelines can be made. */
  health: 'healthy' | 'degraded' | 'critical';
  stuckThreadCount: number;
  canCreatePipelines: boolean;
  /**
   * `absent` has no such endpoint; `oversized` frames are longer than a client should keep; `pings` adds the events that come
   * with every packet of a stream.
   */
  events: 'normal' | 'silent' | 'interleaved' | 'not-json' | 'absent' | 'oversized' | 'pings';
  /** Every session holds its shift key down until it is reset. */
  stuckShift: boolean;
}

export function noFaults(): WolfFaults {
  return {
    createDelayMs: 0,
    createTimesOutLeavingLobby: false,
    createTimeoutMs: undefined,
    runnerDiesAfterCreate: false,
    duplicateLobby: false,
    answerDelayMs: 0,
    answer: undefined,
    listsNothing: false,
    sessionVanishesBeforeJoin: false,
    gpuStats: 'normal',
    gpuName: 'NVIDIA RTX PRO 6000 Blackwell Server Edition',
    encoderSessionCount: undefined,
    videoMemoryTotalMb: 98_304,
    videoMemoryUsedMb: undefined,
    videoMemoryPerLobbyMb: 1_024,
    health: 'healthy',
    stuckThreadCount: 0,
    canCreatePipelines: true,
    events: 'normal',
    stuckShift: false,
  };
}
