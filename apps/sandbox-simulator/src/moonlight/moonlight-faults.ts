/** How `POST /api/pair` ends (moonlight-web §1.1); `ends-early` is the stream that stops after the PIN. */
export type PairFailure = 'none' | 'PairError' | 'InternalServerError' | 'ends-early';

/** What is wrong with this Moonlight Web, changed while it runs by assigning to the properties (moonlight-web §9.3). */
export interface MoonlightFaults {
  /** Passes between the checks of a first message and `UpdateApp`. */
  slowStartMs: number;
  /** The streamer crashes so long after it was started; `undefined` is never. */
  dieAfterMs: number | undefined;
  /** So many first messages are answered with `AppNotFound`, as for seconds after Wolf got an app. */
  appNotFoundTimes: number;
  /** How long an id stays taken after its stream; `undefined` is what the dialect does. */
  keepIdMs: number | undefined;
  /** Offers are not answered. */
  neverAnswer: boolean;
  /** No candidates either way, so that peers never meet. */
  iceFail: boolean;
  /** A client's Close is not answered, as in life. */
  muteClose: boolean;
  /** Frames that are no whole text end the session, as in life. Without it they are noted and passed over, if they can be decoded. */
  strictFrames: boolean;
  pairDelayMs: number;
  pairFails: PairFailure;
  /** The two status calls never answer, as while a browser does not read (moonlight-web §1, lock hazard). */
  hangStatus: boolean;
}
