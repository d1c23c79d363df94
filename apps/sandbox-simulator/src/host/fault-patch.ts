import { isScreenshotFaultMode, type ScreenshotFaultMode } from '../desktop/screenshot-fault.js';
import { type MoonlightFaultPatch, parseMoonlightFaultPatch } from '../moonlight/moonlight-faults.js';
import { noFaults, type WolfFaults } from '../wolf/wolf-faults.js';
import type { RelayState } from './link-relay.js';

/** What `POST /faults` may change, all at once: Wolf's own faults by their names, and the rest of the host. */
export interface FaultPatch {
  readonly wolf: Partial<WolfFaults>;
  readonly wolfCrash: boolean;
  readonly wolfRestart: boolean;
  readonly wolfFreezeMs: number | undefined;
  /** Cuts every stream of events that is open now. */
  readonly wolfCutEvents: boolean;
  /** The fault with which desktops start from now on. */
  readonly desktopFault: ScreenshotFaultMode | undefined;
  readonly linkState: RelayState | undefined;
  readonly linkDelayMs: number | undefined;
  /** How full the host says that its disk is; `null`: as full as the machine's own. */
  readonly diskUsedPercent: number | null | undefined;
  readonly moonlight: MoonlightFaultPatch | undefined;
}

const RELAY_STATES: readonly RelayState[] = ['passing', 'stalled', 'refusing'];

/**
 * Reads a patch from JSON. A Wolf fault is checked against the type of its default; `null` stands for undefined.
 * Throws one error that names every member that means nothing.
 */
export function parseFaultPatch(json: string): FaultPatch {
  const parsed: unknown = JSON.parse(json);
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) throw new Error('expected a JSON object');
  const given = new Map<string, unknown>(Object.entries(parsed));
  const moonlight = given.has('moonlight') ? parseMoonlightFaultPatch(given.get('moonlight')) : undefined;
  given.delete('moonlight');
  const unknownNames: string[] = [];
  const take = <T>(name: string, isValid: (value: unknown) => value is T): T | undefined => {
    const value = given.get(name);
    if (!given.delete(name)) return undefined;
    if (isValid(value)) return value;
    unknownNames.push(name);
    return undefined;
  };
  const patch = {
    wolfCrash: take('wolfCrash', isBoolean) ?? false,
    wolfRestart: take('wolfRestart', isBoolean) ?? false,
    wolfFreezeMs: take('wolfFreezeMs', isDuration),
    wolfCutEvents: take('wolfCutEvents', isBoolean) ?? false,
    desktopFault: take('desktopFault', isScreenshotFaultMode),
    linkState: take('linkState', isRelayState),
    linkDelayMs: take('linkDelayMs', isDuration),
    diskUsedPercent: take('diskUsedPercent', isPercentOrNull),
  };
  const defaults = new Map<string, unknown>(Object.entries(noFaults()));
  const wolf: Record<string, unknown> = {};
  for (const [name, value] of given) {
    const normal = defaults.get(name);
    if (defaults.has(name) && (normal === undefined || typeof value === typeof normal)) wolf[name] = value ?? undefined;
    else unknownNames.push(name);
  }
  if (unknownNames.length > 0) throw new Error(`no fault, or not with such a value: ${unknownNames.join(', ')}`);
  return { ...patch, moonlight, wolf };
}

function isBoolean(value: unknown): value is boolean {
  return typeof value === 'boolean';
}

function isDuration(value: unknown): value is number {
  return typeof value === 'number' && value >= 0;
}

function isPercentOrNull(value: unknown): value is number | null {
  return value === null || (typeof value === 'number' && value >= 0 && value <= 100);
}

function isRelayState(value: unknown): value is RelayState {
  return RELAY_STATES.some((state) => state === value);
}
