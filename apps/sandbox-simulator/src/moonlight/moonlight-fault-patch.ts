import { noMoonlightFaults } from './no-moonlight-faults.js';
import type { MoonlightFaults } from './moonlight-faults.js';

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
