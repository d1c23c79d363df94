/** The ages of Wolf's API, oldest first (wolf-api §0.2). `jan26-required-mode` is the weeks in which `video_source_mode` was required. */
export const WOLF_ERAS = ['u24', 'nov25', 'dec25', 'jan26-required-mode', 'jan26'] as const;
export type WolfEra = (typeof WOLF_ERAS)[number];

export function isAtLeast(era: WolfEra, oldest: WolfEra): boolean {
  return WOLF_ERAS.indexOf(era) >= WOLF_ERAS.indexOf(oldest);
}

/** How many uncaught exceptions end the API thread: the loop of Jan26 survives nine (wolf-api §2.3). */
export function fatalExceptionCount(era: WolfEra): number {
  return isAtLeast(era, 'jan26-required-mode') ? 10 : 1;
}

/** How long `lobbies/create` waits for the compositor (wolf-api §1.5). */
export function createCapMs(era: WolfEra): number {
  return isAtLeast(era, 'jan26-required-mode') ? 20_000 : 10_000;
}
