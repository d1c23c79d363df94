import { encodeButton, encodeMotion, encodePosition, encodeWheel } from './input-encoding.js';
import type { InputSink } from './keyboard-input.js';
import { placeInPicture } from './letterbox.js';

/** A browser's button → the host's: left, middle, right. */
const BUTTONS: ReadonlyMap<number, number> = new Map([
  [0, 1],
  [1, 2],
  [2, 3],
]);

/** Sends mouse, pen and finger while the picture has the focus; a press gives it. Fingers are taken for the left button. */
export class PointerInput {
  readonly #video: HTMLVideoElement;
  readonly #sink: InputSink;
  readonly #held = new Set<number>();

  constructor(video: HTMLVideoElement, sink: InputSink) {
    this.#video = video;
    this.#sink = sink;
    video.addEventListener('pointermove', (event) => this.#move(event));
    video.addEventListener('pointerdown', (event) => this.#press(event));
    video.addEventListener('pointerup', (event) => this.#letGo(event));
    video.addEventListener('pointercancel', () => this.releaseAll());
    video.addEventListener('blur', () => this.releaseAll());
    video.addEventListener('wheel', (event) => this.#turn(event), { passive: false });
    video.addEventListener('contextmenu', (event) => {
      if (sink.isTaken()) event.preventDefault();
    });
  }

  get isLocked(): boolean {
    return document.pointerLockElement === this.#video;
  }

  releaseAll(): void {
    for (const button of this.#held) this.#sink.send('mouseClicks', encodeButton(false, button));
    this.#held.clear();
  }

  #move(event: PointerEvent): void {
    if (!this.#isFocused()) return;
    // Further buttons of a press that lasts are told by moves.
    if (event.button >= 0) this.#change(event);
    if (!this.isLocked) this.#point(event);
    else if (event.movementX !== 0 || event.movementY !== 0) {
      this.#sink.send('mouseRelative', encodeMotion(event.movementX, event.movementY));
    }
  }

  #press(event: PointerEvent): void {
    if (!this.#sink.isTaken()) return;
    event.preventDefault();
    this.#video.focus({ preventScroll: true });
    if (!this.isLocked) {
      if (!this.#point(event)) return;
      this.#video.setPointerCapture(event.pointerId);
    }
    this.#change(event);
  }

  #letGo(event: PointerEvent): void {
    if (this.#held.size > 0) event.preventDefault();
    this.#change(event);
  }

  #change({ button, buttons }: PointerEvent): void {
    const told = BUTTONS.get(button);
    if (told === undefined) return;
    // In `buttons` the middle one comes third.
    const isDown = (buttons & (button === 0 ? 1 : button === 1 ? 4 : 2)) !== 0;
    if (isDown === this.#held.has(told)) return;
    if (isDown) this.#held.add(told);
    else this.#held.delete(told);
    this.#sink.send('mouseClicks', encodeButton(isDown, told));
  }

  /** `false` when it is beside the picture. */
  #point({ offsetX, offsetY }: PointerEvent): boolean {
    const { clientWidth, clientHeight, videoWidth, videoHeight } = this.#video;
    const box = { width: clientWidth, height: clientHeight };
    const place = placeInPicture(box, { width: videoWidth, height: videoHeight }, { x: offsetX, y: offsetY });
    if (place === undefined || (!place.isInside && this.#held.size === 0)) return false;
    this.#sink.send('mouseAbsolute', encodePosition(place.x, place.y));
    return true;
  }

  #turn(event: WheelEvent): void {
    if (!this.#isFocused()) return;
    event.preventDefault();
    const { dx, dy } = wheelTurn(event);
    if (dx !== 0 || dy !== 0) this.#sink.send('mouseClicks', encodeWheel(dx, dy));
  }

  #isFocused(): boolean {
    return this.#sink.isTaken() && document.activeElement === this.#video;
  }
}

/** In 120ths of a notch: what a browser counts as one pixel, one line or one page of turning. */
const UNITS: readonly number[] = [1.2, 40, 120];

/** A turn of the wheel as the host counts it: up is positive there, and down in a browser. */
export function wheelTurn(event: { readonly deltaX: number; readonly deltaY: number; readonly deltaMode: number }): {
  readonly dx: number;
  readonly dy: number;
} {
  const unit = UNITS[event.deltaMode] ?? 1.2;
  return { dx: Math.round(event.deltaX * unit), dy: Math.round(-event.deltaY * unit) + 0 };
}
