/** Every way in which a session's command fails, by code. Match `code`, never the message; listed in `docs/errors.md`. */
export const EXTERNAL_AGENT_ERROR_CODES = [
  /** No session of this id. */
  'SESSION_NOT_FOUND',
  /** The id is taken by a session of another owner. */
  'SESSION_FORBIDDEN',
  /** The command does not fit the session's state. */
  'SESSION_WRONG_STATE',
  /** The session has no desktop: stopped, failed, or never started. */
  'NO_DESKTOP',
  /** The desktop is on its way: placing or starting; one that boots is waited for. */
  'DESKTOP_STARTING',
  /** What the caller asked for is not acceptable; nothing was done. */
  'INVALID_REQUEST',
  /** No host at all is registered. */
  'PLACEMENT_NONE_REGISTERED',
  /** Hosts are registered, none is online. */
  'PLACEMENT_ALL_OFFLINE',
  /** Hosts are online, and none of them takes sessions now: drained, cordoned, or in trouble. */
  'PLACEMENT_NONE_IN_ROTATION',
  /** No online host has the GPU asked for. */
  'PLACEMENT_NO_MATCHING_GPU',
  /** No host that takes sessions has the labels asked for. */
  'PLACEMENT_NO_MATCHING_LABELS',
  /** No host that takes sessions has the image asked for. */
  'PLACEMENT_NO_MATCHING_IMAGE',
  /** Every suitable host is full. */
  'PLACEMENT_ALL_FULL',
  /** Every suitable host is full, and as many sessions wait as may. */
  'PLACEMENT_QUEUE_FULL',
  /** The session waited for a slot as long as it was to, and none came free. */
  'PLACEMENT_QUEUE_TIMEOUT',
  /** The host could not start the desktop. */
  'START_FAILED',
  /** The session is made, but the database cannot say how far it came; it is started as soon as possible. */
  'CREATE_UNFINISHED',
  /** No viewer of the session streams from its host, so that there is no viewer to join. */
  'VIEWER_NOT_CONNECTED',
  /** A session, a host or this replica has as many viewers as it may. */
  'TOO_MANY_VIEWERS',
  /** Nothing keeps the input of one who may only watch from this host, and the operator wants that kept. */
  'VIEW_ONLY_UNENFORCED',
  /** Moonlight Web on the host cannot be reached, or does not open a stream. */
  'STREAM_REFUSED',
  /** Moonlight Web on the host does not answer. */
  'STREAM_TIMEOUT',
  /** The viewer left, or a newer connection took over, before the host had answered. */
  'STREAM_ABORTED',
  /** The desktop's own service answered with an error. */
  'DESKTOP_ERROR',
  /** The desktop answered something that is not what was asked for. */
  'DESKTOP_INVALID_ANSWER',
  /** The clipboard's content is over the limit. */
  'CLIPBOARD_TOO_LARGE',
  /** A limit of this replica is reached. */
  'BUSY',
  /** The desktop's image is older than what was asked of it. */
  'DESKTOP_UNSUPPORTED',
  /** The file is over the limit. */
  'UPLOAD_TOO_LARGE',
  /** Nothing more of the file came for too long. */
  'UPLOAD_STALLED',
  /** The session has as many shares as there may be. */
  'TOO_MANY_SHARES',
  /** The operator has not switched commands on. */
  'EXEC_DISABLED',
  /** The desktop does not allow this program. */
  'EXEC_FORBIDDEN',
  /** The operator has not said how to reach the hosts' Moonlight Web: `MOONLIGHT_CREDENTIALS` is not set. */
  'STREAMS_NOT_CONFIGURED',
  /** The host's Moonlight Web does not take `MOONLIGHT_CREDENTIALS`: they are not those of its own configuration. */
  'MOONLIGHT_CREDENTIALS_REFUSED',
  /** The host's Moonlight Web knows no such host, app or stream. */
  'MOONLIGHT_NOT_FOUND',
  /** The host's Moonlight Web answered with an error; `details.upstreamStatus` has which. */
  'MOONLIGHT_ERROR',
  /** The host's Moonlight Web answered something that is not what was asked for. */
  'MOONLIGHT_INVALID_ANSWER',
] as const;

export type ExternalAgentErrorCode = (typeof EXTERNAL_AGENT_ERROR_CODES)[number];

const RETRYABLE: ReadonlySet<ExternalAgentErrorCode> = new Set<ExternalAgentErrorCode>([
  'DESKTOP_STARTING',
  'PLACEMENT_ALL_OFFLINE',
  'PLACEMENT_NONE_IN_ROTATION',
  'PLACEMENT_ALL_FULL',
  'PLACEMENT_QUEUE_FULL',
  'PLACEMENT_QUEUE_TIMEOUT',
  'START_FAILED',
  'CREATE_UNFINISHED',
  'VIEWER_NOT_CONNECTED',
  'DESKTOP_ERROR',
  'TOO_MANY_VIEWERS',
  'STREAM_REFUSED',
  'STREAM_TIMEOUT',
  'BUSY',
]);

export class ExternalAgentError extends Error {
  readonly retryable: boolean;
  /** Facts for the caller beside the message, such as why each host was not chosen. */
  readonly details: Readonly<Record<string, unknown>> | undefined;

  constructor(
    readonly code: ExternalAgentErrorCode,
    message: string,
    options?: { readonly cause?: unknown; readonly details?: Readonly<Record<string, unknown>> },
  ) {
    super(message, options);
    this.name = 'ExternalAgentError';
    this.retryable = RETRYABLE.has(code);
    this.details = options?.details;
  }
}
