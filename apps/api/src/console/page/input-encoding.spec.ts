import { encodeButton, encodeKey, encodeMotion, encodePosition, encodeText, encodeWheel } from './input-encoding.js';

const hex = (bytes: Uint8Array | undefined): string =>
  [...(bytes ?? [])].map((byte) => byte.toString(16).padStart(2, '0')).join('');

describe('the bytes of input', () => {
  it('are those that were seen on the wire (moonlight-web §4)', () => {
    expect(hex(encodeKey(true, 0, 0x41))).toBe('0001000041');
    expect(hex(encodePosition(100 / 4096, 200 / 4096))).toBe('01006400c810001000');
    expect(hex(encodeButton(true, 1))).toBe('020101');
    expect(hex(encodeMotion(-3, 5))).toBe('00fffd0005');
    expect(hex(encodeWheel(0, 120))).toBe('0300000078');
  });

  it('tell a key that is let go, with its modifiers and both bytes of its code', () => {
    expect(hex(encodeKey(false, 0b1111, 0x1a0))).toBe('00000f01a0');
  });

  it('carry text as UTF-8 with its length, and refuse what has no length of one byte', () => {
    expect(hex(encodeText('é€'))).toBe('0105c3a9e282ac');
    expect(hex(encodeText('x'.repeat(255)))).toMatch(/^01ff(?:78){255}$/);
    expect(encodeText('x'.repeat(256))).toBeUndefined();
    expect(encodeText('')).toBeUndefined();
  });

  it('round, and stay within 16 bits', () => {
    expect(hex(encodeMotion(0.6, -0.6))).toBe('000001ffff');
    expect(hex(encodeMotion(1e9, -1e9))).toBe('007fff8000');
    expect(hex(encodePosition(1, 0))).toBe('011000000010001000');
  });
});
