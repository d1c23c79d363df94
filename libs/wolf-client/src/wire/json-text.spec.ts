import { ForeignJsonError } from '@helix/revdial';
import { parseJsonText } from './json-text.js';

describe('reading JSON with 64-bit numbers', () => {
  it('keeps the digits of integers that a number cannot hold', () => {
    expect(parseJsonText('{"a":10594003729173467913,"b":[18446744073709551615, -9223372036854775808 ]}')).toEqual({
      a: '10594003729173467913',
      b: ['18446744073709551615', '-9223372036854775808'],
    });
  });

  it.each([
    '{"a":9007199254740991,"b":1.5,"c":1e300,"d":0.1234567890123456789}',
    '{"text":"x:10594003729173467913,\\"10594003729173467913,","n":[1,null,true]}',
    '{"a\\\\":"[10594003729173467913]"}',
    '"[10594003729173467913,"',
    '{"a":12345678901234567890.5}',
  ])('leaves %s as it is', (text) => {
    expect(parseJsonText(text)).toEqual(JSON.parse(text));
  });

  it.each(['', '{', '{"a":10594003729173467913', 'nope'])('throws on %p', (text) => {
    expect(() => parseJsonText(text)).toThrow(ForeignJsonError);
  });
});
