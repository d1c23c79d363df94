/** `KeyboardEvent.code` → virtual key of Windows, by the place of the key and not by what is printed on it. */
const KEYS: Readonly<Record<string, number>> = {
  ...run('Key', 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 0x41),
  ...run('Digit', '0123456789', 0x30),
  ...run('Numpad', '0123456789', 0x60),
  ...Object.fromEntries(Array.from({ length: 24 }, (_, index) => [`F${String(index + 1)}`, 0x70 + index])),
  Backspace: 0x08,
  Tab: 0x09,
  NumpadClear: 0x0c,
  Enter: 0x0d,
  NumpadEnter: 0x0d,
  Pause: 0x13,
  CapsLock: 0x14,
  KanaMode: 0x15,
  Lang1: 0x15,
  Lang2: 0x19,
  Escape: 0x1b,
  Convert: 0x1c,
  NonConvert: 0x1d,
  Space: 0x20,
  PageUp: 0x21,
  PageDown: 0x22,
  End: 0x23,
  Home: 0x24,
  ArrowLeft: 0x25,
  ArrowUp: 0x26,
  ArrowRight: 0x27,
  ArrowDown: 0x28,
  PrintScreen: 0x2c,
  Insert: 0x2d,
  Delete: 0x2e,
  Help: 0x2f,
  MetaLeft: 0x5b,
  MetaRight: 0x5c,
  ContextMenu: 0x5d,
  NumpadMultiply: 0x6a,
  NumpadAdd: 0x6b,
  NumpadComma: 0x6c,
  NumpadSubtract: 0x6d,
  NumpadDecimal: 0x6e,
  NumpadDivide: 0x6f,
  NumLock: 0x90,
  ScrollLock: 0x91,
  NumpadEqual: 0x92,
  ShiftLeft: 0xa0,
  ShiftRight: 0xa1,
  ControlLeft: 0xa2,
  ControlRight: 0xa3,
  AltLeft: 0xa4,
  AltRight: 0xa5,
  BrowserBack: 0xa6,
  BrowserForward: 0xa7,
  BrowserRefresh: 0xa8,
  BrowserStop: 0xa9,
  BrowserSearch: 0xaa,
  BrowserFavorites: 0xab,
  BrowserHome: 0xac,
  AudioVolumeMute: 0xad,
  AudioVolumeDown: 0xae,
  AudioVolumeUp: 0xaf,
  MediaTrackNext: 0xb0,
  MediaTrackPrevious: 0xb1,
  MediaStop: 0xb2,
  MediaPlayPause: 0xb3,
  Semicolon: 0xba,
  Equal: 0xbb,
  Comma: 0xbc,
  Minus: 0xbd,
  Period: 0xbe,
  Slash: 0xbf,
  Backquote: 0xc0,
  BracketLeft: 0xdb,
  Backslash: 0xdc,
  BracketRight: 0xdd,
  Quote: 0xde,
  IntlBackslash: 0xe2,
  IntlRo: 0xe2,
  IntlYen: 0xdc,
};

/** `undefined` for a key that Windows has no code for, or whose place the browser does not know. */
export function windowsKeyOf(code: string): number | undefined {
  return Object.hasOwn(KEYS, code) ? KEYS[code] : undefined;
}

function run(prefix: string, names: string, first: number): Readonly<Record<string, number>> {
  return Object.fromEntries(Array.from(names).map((name, index) => [prefix + name, first + index]));
}

/** The modifiers that are held, as the host counts them: SHIFT 1, CTRL 2, ALT 4, META 8 (moonlight-web §4). */
export function modifierBits(held: {
  readonly shiftKey: boolean;
  readonly ctrlKey: boolean;
  readonly altKey: boolean;
  readonly metaKey: boolean;
}): number {
  return (held.shiftKey ? 1 : 0) | (held.ctrlKey ? 2 : 0) | (held.altKey ? 4 : 0) | (held.metaKey ? 8 : 0);
}
