/** The modifiers that are held, as the host counts them: SHIFT 1, CTRL 2, ALT 4, META 8 (moonlight-web §4). */
export function modifierBits(held: {
  readonly shiftKey: boolean;
  readonly ctrlKey: boolean;
  readonly altKey: boolean;
  readonly metaKey: boolean;
}): number {
  return (held.shiftKey ? 1 : 0) | (held.ctrlKey ? 2 : 0) | (held.altKey ? 4 : 0) | (held.metaKey ? 8 : 0);
}
