export type StartErrorCode =
  /** Its link has no connection, or it does not answer, and another host could take the session. */
  | 'HOST_AWAY'
  /** Wolf made the lobby and it was gone a moment later: its container could not be started (wolf-api §4.2). */
  | 'LOBBY_VANISHED'
  /** The host was taken out of the registry while the desktop was being started on it. */
  | 'HOST_REMOVED'
  /** The slot was taken back while the desktop was being started: that took too long, or the host was taken out. */
  | 'SLOT_LOST'
  /** The image that was asked for is not on the operator's list, perhaps not any more. */
  | 'IMAGE_NOT_ALLOWED'
  /** The id on the row is none that could name a container. */
  | 'INVALID_SESSION_ID'
  /** As many starts as are allowed came to nothing. */
  | 'TOO_MANY_ATTEMPTS';

/** Why a start came to nothing although Wolf did not say so. Its code reaches the owner within START_FAILED. */
export class StartError extends Error {
  constructor(
    readonly code: StartErrorCode,
    message: string,
  ) {
    super(message);
    this.name = 'StartError';
  }
}
