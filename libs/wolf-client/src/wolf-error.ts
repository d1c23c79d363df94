/**
 * Every way in which a call to Wolf fails, by code. Match `code`, never the message; `docs/errors.md` lists them and a
 * test compares the two.
 */
export const WOLF_ERROR_CODES = [
  /** No connection to Wolf came about; nothing was sent. `cause` has the dial's own error. */
  'WOLF_UNREACHABLE',
  /** The whole call took longer than its limit. A request that changes something may have taken effect. */
  'WOLF_TIMEOUT',
  /** The caller cancelled the call. */
  'WOLF_ABORTED',
  /** The answer was cut short, too long, not HTTP, not JSON, or of an undocumented shape. */
  'WOLF_INVALID_ANSWER',
  /** The connection was closed without a byte: Wolf is going down, or choked on the request. */
  'WOLF_EMPTY_ANSWER',
  /** Wolf refused, with a text that has no code of its own. */
  'WOLF_REFUSED',
  /** There is no lobby with this id (any more). */
  'WOLF_UNKNOWN_LOBBY',
  /** The PIN is wrong, is missing, or was sent to a lobby that has none. */
  'WOLF_WRONG_PIN',
  /** There is no session with this id (any more). */
  'WOLF_UNKNOWN_SESSION',
  /** The lobby is for one and has one. */
  'WOLF_LOBBY_FULL',
  /** The session must leave its lobby before it joins another. */
  'WOLF_IN_OTHER_LOBBY',
  /** The session could not be switched to the lobby in time. */
  'WOLF_JOIN_TIMED_OUT',
  /** The lobby's compositor was not ready in time. The lobby exists all the same, with an id only a list tells. */
  'WOLF_CREATE_TIMED_OUT',
  /** No client waits for a PIN under this secret (any more). */
  'WOLF_UNKNOWN_PAIRING',
  /** The secret was answered already: a second answer would end Wolf's API. Nothing was sent; the client must ask again. */
  'WOLF_PAIRING_ANSWERED',
  /** The stream of events was closed by Wolf, or on the way. Events in between are lost: open another and list again. */
  'WOLF_EVENTS_ENDED',
  /** The stream of events was silent, keep-alives included, for longer than Wolf ever is. */
  'WOLF_EVENTS_SILENT',
  /** This Wolf has no such endpoint: it is older, or something else answers. */
  'WOLF_NOT_FOUND',
  /** The request is one that this client does not send, because it is wrong or would harm Wolf. Nothing was sent. */
  'WOLF_INVALID_REQUEST',
] as const;

export type WolfErrorCode = (typeof WOLF_ERROR_CODES)[number];

/**
 * Trouble in the way rather than in the request. WOLF_EMPTY_ANSWER is absent: a changing request that made Wolf choke
 * does so again, and Wolf survives only so many (wolf-api §2.3); the client marks those of reading calls itself.
 */
const RETRYABLE: ReadonlySet<WolfErrorCode> = new Set<WolfErrorCode>([
  'WOLF_UNREACHABLE',
  'WOLF_TIMEOUT',
  'WOLF_INVALID_ANSWER',
  'WOLF_JOIN_TIMED_OUT',
  'WOLF_EVENTS_ENDED',
  'WOLF_EVENTS_SILENT',
]);

export interface WolfErrorOptions {
  readonly cause?: unknown;
  readonly retryable?: boolean;
}

/** No message of it holds a PIN, an environment or a key. */
export class WolfError extends Error {
  /**
   * The same call may succeed later. For a create this is not leave to repeat it: the lobby may exist, so list the
   * lobbies and look for it first.
   */
  readonly retryable: boolean;

  constructor(
    readonly code: WolfErrorCode,
    message: string,
    options: WolfErrorOptions = {},
  ) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined);
    this.name = 'WolfError';
    this.retryable = options.retryable ?? RETRYABLE.has(code);
  }
}

export function isWolfError(error: unknown, code?: WolfErrorCode): error is WolfError {
  return error instanceof WolfError && (code === undefined || error.code === code);
}
