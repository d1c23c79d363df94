import type { WolfU64 } from '../values/wolf-u64.js';

/** A Moonlight client that is paired with Wolf (wolf-api §3.6). */
export interface PairedClient {
  readonly id: WolfU64;
  readonly appStateFolder: string;
  /** Absent with the oldest Wolf. */
  readonly settings?: PairedClientSettings;
}

export interface PairedClientSettings {
  readonly runUid: number;
  readonly runGid: number;
  readonly controllersOverride: readonly string[];
  readonly mouseAcceleration: number;
  readonly verticalScrollAcceleration: number;
  readonly horizontalScrollAcceleration: number;
}
