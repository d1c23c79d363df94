import { parseWolfU64, wolfU64FromText } from './ids.js';

describe('a 64-bit id', () => {
  it.each([
    ['0', '0'],
    ['10594003729173467913', '10594003729173467913'],
    ['18446744073709551615', '18446744073709551615'],
    ['007', '7'],
  ])('is read from %s', (text, id) => {
    expect(parseWolfU64(text)).toBe(id);
  });

  it.each(['', '-1', '1.0', '12abc', ' 1', '1\n', '18446744073709551616', '1e3', '０'])('is not %p', (text) => {
    expect(parseWolfU64(text)).toBeUndefined();
    expect(thrownBy(() => wolfU64FromText(text))).toMatchObject({ code: 'WOLF_INVALID_REQUEST' });
  });
});

function thrownBy(run: () => unknown): unknown {
  try {
    return run();
  } catch (error) {
    return error;
  }
}
