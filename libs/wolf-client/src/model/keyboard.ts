import type { WolfU64 } from '../values/wolf-u64.js';

/** Keys that one session holds down, as one layer of the host sees them. */
export interface KeyboardLayer {
  readonly pressedKeys: readonly number[];
  readonly pressedKeyNames: readonly string[];
  readonly modifiers: {
    readonly shift: boolean;
    readonly ctrl: boolean;
    readonly alt: boolean;
    readonly meta: boolean;
  };
}

/** The keyboard of one session (wolf-api §3.8). What only later builds tell is absent with the others. */
export interface WolfKeyboardState extends KeyboardLayer {
  readonly sessionId: WolfU64;
  readonly timestampMs: number;
  readonly deviceName: string;
  readonly deviceNode?: string;
  readonly wolf?: KeyboardLayer;
  /** Never filled by any build so far, and neither is the next. */
  readonly inputtino?: KeyboardLayer;
  readonly evdev?: KeyboardLayer;
  /** True whenever any key is down, as two of the layers are always empty. */
  readonly hasMismatch?: boolean;
  readonly mismatchDescription?: string;
}

export interface KeyboardReset {
  readonly releasedKeyNames: readonly string[];
  readonly message: string;
}
