import { modifierBits, windowsKeyOf } from './key-codes.js';

describe('the codes of keys', () => {
  it.each([
    ['KeyA', 0x41],
    ['KeyZ', 0x5a],
    ['Digit0', 0x30],
    ['Digit9', 0x39],
    ['Numpad7', 0x67],
    ['F1', 0x70],
    ['F12', 0x7b],
    ['F24', 0x87],
    ['Escape', 0x1b],
    ['ShiftRight', 0xa1],
    ['AltRight', 0xa5],
    ['MetaLeft', 0x5b],
    ['IntlBackslash', 0xe2],
  ])('are for %s what Windows has', (code, key) => {
    expect(windowsKeyOf(code)).toBe(key);
  });

  it.each(['', 'Unidentified', 'keya', 'constructor', 'F25'])('are not there for %j', (code) => {
    expect(windowsKeyOf(code)).toBeUndefined();
  });

  it('come with the modifiers that are held', () => {
    const none = { shiftKey: false, ctrlKey: false, altKey: false, metaKey: false };
    expect(modifierBits(none)).toBe(0);
    expect(modifierBits({ ...none, shiftKey: true })).toBe(1);
    expect(modifierBits({ ...none, ctrlKey: true, altKey: true })).toBe(6);
    expect(modifierBits({ shiftKey: true, ctrlKey: true, altKey: true, metaKey: true })).toBe(15);
  });
});
