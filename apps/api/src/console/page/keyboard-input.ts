import { encodeKey, encodeText } from './input-encoding.js';
import type { InputLabel } from './input-channels.js';
import { modifierBits, windowsKeyOf } from './key-codes.js';
import { VIEWER_LIMITS } from './limits.js';

export interface InputSink {
  /** May the viewer work with the desktop, and is it there? */
  readonly isTaken: () => boolean;
  readonly send: (label: InputLabel, bytes: Uint8Array<ArrayBuffer>) => void;
}

/** Sends the keyboard while `target` has the focus. Ctrl+Alt+Shift+Q gives the focus back, also with other keys held. */
export class KeyboardInput {
  readonly #sink: InputSink;
  readonly #leave: () => void;
  readonly #held = new Map<string, number>();

  constructor(target: HTMLElement, sink: InputSink, leave: () => void) {
    this.#sink = sink;
    this.#leave = leave;
    target.addEventListener('keydown', (event) => this.#press(event));
    target.addEventListener('keyup', (event) => this.#letGo(event));
    target.addEventListener('blur', () => this.releaseAll());
    window.addEventListener('blur', () => this.releaseAll());
  }

  /** What is held here is let go there; its end would not be seen any more. */
  releaseAll(): void {
    for (const key of this.#held.values()) this.#sink.send('keyboard', encodeKey(false, 0, key));
    this.#held.clear();
  }

  #press(event: KeyboardEvent): void {
    if (!this.#sink.isTaken()) return;
    event.preventDefault();
    if (event.ctrlKey && event.altKey && event.shiftKey && event.code === 'KeyQ') {
      this.releaseAll();
      this.#leave();
      return;
    }
    // A desktop repeats a key that is held by itself.
    if (event.repeat) return;
    const key = windowsKeyOf(event.code);
    if (key === undefined) {
      const text = Array.from(event.key).length === 1 ? encodeText(event.key) : undefined;
      if (text !== undefined) this.#sink.send('keyboard', text);
      return;
    }
    if (this.#held.size >= VIEWER_LIMITS.keysHeldMax) this.releaseAll();
    this.#held.set(event.code, key);
    this.#sink.send('keyboard', encodeKey(true, modifierBits(event), key));
  }

  #letGo(event: KeyboardEvent): void {
    const key = this.#held.get(event.code);
    if (key === undefined) return;
    event.preventDefault();
    this.#held.delete(event.code);
    this.#sink.send('keyboard', encodeKey(false, modifierBits(event), key));
    // macOS tells nothing of keys that are let go while Command is held.
    if (event.code.startsWith('Meta')) this.releaseAll();
  }
}
