/** A place on a desktop, in its own pixels. */
export interface DesktopPlace {
  readonly x: number;
  readonly y: number;
}

interface Size {
  readonly width: number;
  readonly height: number;
}

const CLICKS_COUNT = 64;

/**
 * The mouse of a lobby's desktop, as wrong as Wolf's: a viewer's place is scaled by the size that his stream was asked for, and the
 * pixels that come out are taken as they are by the lobby's compositor, which knows its own size alone.
 */
export class LobbyPointer {
  #place: DesktopPlace = { x: 0, y: 0 };
  readonly #clicks: DesktopPlace[] = [];

  get place(): DesktopPlace {
    return this.#place;
  }

  /** Where a button was pressed, the last ones, oldest first. */
  get clicks(): readonly DesktopPlace[] {
    return [...this.#clicks];
  }

  /** `x` and `y` are shares of the picture, from 0 to 1. */
  move({ x, y }: DesktopPlace, asked: Size, desktop: Size): void {
    this.#place = { x: pixel(x * asked.width, desktop.width), y: pixel(y * asked.height, desktop.height) };
  }

  press(): void {
    this.#clicks.push(this.#place);
    if (this.#clicks.length > CLICKS_COUNT) this.#clicks.shift();
  }
}

/** The compositor keeps the pointer on its output. */
function pixel(at: number, size: number): number {
  return Math.max(0, Math.min(size - 1, Math.floor(at)));
}
