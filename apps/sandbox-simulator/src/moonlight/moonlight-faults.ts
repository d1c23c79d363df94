import { PAIR_DELAY_MS } from './moonlight-limits.js';

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

/** Moonlight Web as it is, its habits included. */
export function noMoonlightFaults(): MoonlightFaults {
  return {
    slowStartMs: 0,
    dieAfterMs: undefined,
    appNotFoundTimes: 0,
    keepIdMs: undefined,
    neverAnswer: false,
    iceFail: false,
    muteClose: true,
    strictFrames: true,
    pairDelayMs: PAIR_DELAY_MS,
    pairFails: 'none',
    hangStatus: false,
  };
}

/** The member `moonlight` of a fault patch. */
export interface MoonlightFaultPatch {
  readonly faults: Partial<MoonlightFaults>;
  /** These three happen once, at once. */
  readonly kick: boolean;
  readonly terminate: boolean;
  readonly connectionStatus: 'Ok' | 'Poor' | undefined;
}

const PAIR_FAILURES = ['none', 'PairError', 'InternalServerError', 'ends-early'];

/** Checks each fault against the type of its default; `null` stands for undefined. Throws the names that mean nothing. */
export function parseMoonlightFaultPatch(given: unknown): MoonlightFaultPatch {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) throw new Error('moonlight is no object');
  const {
    kick = false,
    terminate = false,
    connectionStatus,
    ...rest
  } = { ...given } as Readonly<Record<string, unknown>>;
  const wrongNames: string[] = [];
  if (typeof kick !== 'boolean') wrongNames.push('kick');
  if (typeof terminate !== 'boolean') wrongNames.push('terminate');
  const isStatus = connectionStatus === 'Ok' || connectionStatus === 'Poor';
  if (!isStatus && connectionStatus !== undefined) wrongNames.push('connectionStatus');
  const defaults = new Map<string, unknown>(Object.entries(noMoonlightFaults()));
  const faults: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(rest)) {
    if (defaults.has(name) && isValid(name, value, defaults.get(name))) faults[name] = value ?? undefined;
    else wrongNames.push(name);
  }
  if (wrongNames.length > 0) {
    throw new Error(`no fault of moonlight, or not with such a value: ${wrongNames.join(', ')}`);
  }
  return {
    faults,
    kick: kick === true,
    terminate: terminate === true,
    connectionStatus: isStatus ? connectionStatus : undefined,
  };
}

/** The faults that are off by default are durations, which `null` takes away again. */
function isValid(name: string, value: unknown, normal: unknown): boolean {
  if (name === 'pairFails') return PAIR_FAILURES.some((known) => known === value);
  if (normal === undefined && value === null) return true;
  if (typeof normal === 'boolean') return typeof value === 'boolean';
  return typeof value === 'number' && value >= 0;
}
