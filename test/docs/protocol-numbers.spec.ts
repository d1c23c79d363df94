import { PIPE_CLOSE_CODES, RESET_CODES } from '@helix/revdial';

import { DIAL_REFUSAL_CODES } from '../../libs/revdial/src/dial/dial-codec.js';
import { refusalErrorOf } from '../../libs/revdial/src/dial/dial-errors.js';
import { RECORD_TYPES } from '../../libs/revdial/src/resumable/record-codec.js';
import { namedRows, readDocument, sectionOf } from './markdown-table.js';

const TABLES = {
  'type | number | payload': RECORD_TYPES,
  'code of `close`': PIPE_CLOSE_CODES,
  'code of a reset': RESET_CODES,
  'code of a refusal': DIAL_REFUSAL_CODES,
} as const;

/** The rows of the table whose first cells are these. */
function rowsUnder(heading: string): ReturnType<typeof namedRows> {
  const chapter = sectionOf(readDocument('protocol.md'), '## Generation 3').replaceAll(/ +/g, ' ');
  const at = chapter.indexOf(`| ${heading}`);
  expect(at).toBeGreaterThan(0);
  return namedRows(chapter.slice(at, chapter.indexOf('\n\n', at)));
}

describe('docs/protocol.md', () => {
  it.each(Object.entries(TABLES))('has under "%s" the numbers of the code, and no others', (heading, numbers) => {
    const documented = [...rowsUnder(heading)].map(([name, [number]]) => [name, Number(number)]);
    expect(Object.fromEntries(documented)).toEqual(numbers);
  });

  it('tells of each refusal of a dial what the caller gets', () => {
    for (const [name, cells] of rowsUnder('code of a refusal')) {
      const code = (Object.keys(DIAL_REFUSAL_CODES) as (keyof typeof DIAL_REFUSAL_CODES)[]).find((one) => one === name);
      expect(code).toBeDefined();
      if (code !== undefined) expect(cells.at(-1)).toBe(`\`${refusalErrorOf({ code, reason: '' }).code}\``);
    }
  });
});
