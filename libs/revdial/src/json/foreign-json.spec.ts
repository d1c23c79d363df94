import fc from 'fast-check';
import { FOREIGN_JSON_MAX_DEPTH } from '../limits.js';
import { parseForeignJson, parseLongForeignJson, SMALL_JSON, splitForeignJson } from './foreign-json.js';

const LARGE = { maxBytes: 64 * 1024 * 1024, maxKeys: 512, maxValues: 4_096 };

function nested(depth: number): string {
  return '['.repeat(depth) + ']'.repeat(depth);
}

describe('foreign JSON', () => {
  it.each([
    ['brackets one deeper than may be', nested(FOREIGN_JSON_MAX_DEPTH + 1), 'too-deep'],
    ['brackets that never close', '['.repeat(60_000), 'too-deep'],
    ['objects in objects', '{"a":'.repeat(60), 'too-deep'],
    ['a key too many', `{${Array.from({ length: 513 }, (_, at) => `"k${String(at)}":1`).join()}}`, 'too-many-keys'],
    ['a list that is too long', `[${'0,'.repeat(4_096)}0]`, 'too-many-values'],
    ['a list of empty objects', `[${'{},'.repeat(4_096)}{}]`, 'too-many-values'],
    ['a byte too many', `"${'x'.repeat(64 * 1024)}"`, 'too-long'],
    ['a character of three bytes too many', `"${'漢'.repeat(22_000)}"`, 'too-long'],
    ['a text cut short', '{"a":"b', 'not-json'],
    ['brackets the wrong way round', ']}[{', 'not-json'],
    ['nothing', '', 'not-json'],
  ])('refuses %s', async (_what, text, fault) => {
    for (const json of [text, Buffer.from(text)]) {
      expect(() => parseForeignJson(json, SMALL_JSON)).toThrow(expect.objectContaining({ fault }));
    }
    await expect(parseLongForeignJson(Buffer.from(text), SMALL_JSON)).rejects.toMatchObject({ fault });
    await expect(splitForeignJson(Buffer.from(text), SMALL_JSON)).rejects.toMatchObject({ fault });
  });

  it('never tells what is in a text that it refuses', () => {
    expect(() => parseForeignJson('{"pin": secret}', SMALL_JSON)).not.toThrow(/secret/);
  });

  it('takes what is within the limits: brackets in strings nest nothing', () => {
    const text = JSON.stringify({ a: '[{'.repeat(5_000), '":,\\': nested(FOREIGN_JSON_MAX_DEPTH) });
    expect(parseForeignJson(text, SMALL_JSON)).toEqual(JSON.parse(text));
    expect(parseForeignJson(nested(FOREIGN_JSON_MAX_DEPTH), SMALL_JSON)).toEqual(
      JSON.parse(nested(FOREIGN_JSON_MAX_DEPTH)),
    );
  });

  it('is what the parser makes of it, whole, in steps and by members', async () => {
    const object = fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue({ maxDepth: 4 }));
    await fc.assert(
      fc.asyncProperty(object, async (value) => {
        const text = JSON.stringify(value, undefined, 1);
        const parsed: unknown = JSON.parse(text);
        expect(parseForeignJson(text, LARGE)).toEqual(parsed);
        expect(await parseLongForeignJson(Buffer.from(text), LARGE)).toEqual(parsed);
        const members = await splitForeignJson(Buffer.from(text), LARGE);
        const joined = [...members].map(([key, json]) => `${JSON.stringify(key)}:${json.toString()}`).join();
        expect(JSON.parse(`{${joined}}`)).toEqual(parsed);
      }),
    );
  });

  describe('by members', () => {
    const long = JSON.stringify('ä"\\\n😀'.repeat(60_000));

    it('leaves a long string as it is written', async () => {
      const members = await splitForeignJson(Buffer.from(`{ "a" : ${long} , "b":1}`), LARGE);
      expect([...members].map(([key, json]) => [key, json.toString()])).toEqual([
        ['a', long],
        ['b', '1'],
      ]);
    });

    it.each([
      ['a raw line feed', `{"a":"${'x'.repeat(300_000)}\n"}`],
      ['an unknown escape', `{"a":"${'x'.repeat(300_000)}\\x"}`],
      ['half an escape', `{"a":"${'x'.repeat(300_000)}\\u12"}`],
      ['two strings side by side', `{"a":"${'x'.repeat(300_000)}" "y"}`],
      ['a string without an end', `{"a":"${'x'.repeat(300_000)}`],
      ['no colon', `{"a" "${'x'.repeat(300_000)}"}`],
      ['a key that comes twice', '{"a":1,"a":2}'],
      ['a key that comes twice, once escaped', '{"a":1,"\\u0061":2}'],
      ['a list', '[1]'],
    ])('refuses %s', async (_what, text) => {
      await expect(splitForeignJson(Buffer.from(text), LARGE)).rejects.toMatchObject({ fault: 'not-json' });
    });

    it('refuses bytes that are no UTF-8', async () => {
      const bytes = Buffer.from(`{"a":"${'x'.repeat(300_000)}?"}`);
      bytes[300_006] = 0xff;
      await expect(splitForeignJson(bytes, LARGE)).rejects.toMatchObject({ fault: 'not-json' });
    });
  });

  it('lets others have their turn: twenty mebibytes in slices', async () => {
    const bytes = Buffer.concat([Buffer.from('{"data":"'), Buffer.alloc(20 * 1024 * 1024, 'x'), Buffer.from('"}')]);
    let turnCount = 0;
    let isDone = false;
    const count = (): void => {
      turnCount += 1;
      if (!isDone) setImmediate(count);
    };
    count();
    await splitForeignJson(bytes, LARGE);
    isDone = true;
    expect(turnCount).toBeGreaterThan(2 * 80);
  });
});
