import { LIMITS } from '../limits.js';

/** Size of a desktop in pixels and its refresh rate in hertz. */
export interface DisplaySettings {
  readonly width: number;
  readonly height: number;
  readonly refreshHz: number;
}

const DEFAULT_DISPLAY: DisplaySettings = { width: 1920, height: 1080, refreshHz: 60 };

/** Fills in 1920 × 1080 at 60 Hz, also for zeros, which is how Go's clients leave out a number, and clamps to what Wolf is known to work with (wolf-api §4.5). */
export function clampDisplay(asked: {
  readonly width?: number | undefined;
  readonly height?: number | undefined;
  readonly refreshHz?: number | undefined;
}): DisplaySettings {
  return {
    width: clamp(given(asked.width) ?? DEFAULT_DISPLAY.width, LIMITS.displayMinWidth, LIMITS.displayMaxWidth),
    height: clamp(given(asked.height) ?? DEFAULT_DISPLAY.height, LIMITS.displayMinHeight, LIMITS.displayMaxHeight),
    refreshHz: clamp(
      given(asked.refreshHz) ?? DEFAULT_DISPLAY.refreshHz,
      LIMITS.displayMinRefreshHz,
      LIMITS.displayMaxRefreshHz,
    ),
  };
}

function given(value: number | undefined): number | undefined {
  return value === 0 || Number.isNaN(value) ? undefined : value;
}

function clamp(value: number, min: number, max: number): number {
  return Math.min(Math.max(Math.round(value), min), max);
}
