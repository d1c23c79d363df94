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
