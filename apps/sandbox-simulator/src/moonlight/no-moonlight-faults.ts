import type { MoonlightFaults } from './moonlight-faults.js';
import { PAIR_DELAY_MS } from './moonlight-limits.js';

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
