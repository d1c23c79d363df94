import type { WolfFaults } from './wolf-faults.js';

/** Windows key codes, as Moonlight sends them, of the keys that tests press. */
const NAMES: ReadonlyMap<number, string> = new Map([
  [0x10, 'SHIFT'],
  [0x11, 'CTRL'],
  [0x12, 'ALT'],
  [0x5b, 'META'],
  [0x41, 'A'],
]);
const SHIFT = 0x10;

/** Keys that each session holds down. */
export class PressedKeys {
  readonly #faults: WolfFaults;
  readonly #pressed = new Map<string, readonly number[]>();

  constructor(faults: WolfFaults) {
    this.#faults = faults;
  }

  press(sessionId: string, keys: readonly number[]): void {
    this.#pressed.set(sessionId, keys);
  }

  of(sessionId: string): readonly number[] {
    return this.#pressed.get(sessionId) ?? (this.#faults.stuckShift ? [SHIFT] : []);
  }

  /** The names of the keys that were down. */
  release(sessionId: string): readonly string[] {
    const released = this.of(sessionId).map(keyName);
    this.#pressed.set(sessionId, []);
    return released;
  }
}

export function keyName(key: number): string {
  return NAMES.get(key) ?? `KEY_${String(key)}`;
}
