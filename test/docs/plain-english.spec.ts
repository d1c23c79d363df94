import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { namedRows, readDocument, sectionOf } from './markdown-table.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const FOLDERS = ['apps', 'bench', 'deploy', 'docs', 'libs', 'scripts', 'test'];
const TITLE_WORDS_MAX_COUNT = 16;

/** Installed, built, or history: what a database has run does not change. The list itself has to name the words. */
const PASSED_OVER = /(?:^|\/)(?:node_modules|dist|migrations|fixtures)\/|^docs\/glossary\.md$|plain-english\.spec\.ts$/;
const READ = /\.(?:ts|mjs|md)$/;

/** `it('…', () =>`, `it.each(…)('…', () =>`, on one line. */
const TITLE = /(?:\b(?:it|test|describe)|[\])`])\(\s*(['"`])(?<title>(?:(?!\1).)+)\1,\s*(?:async )?\(/g;

const files = FOLDERS.flatMap((folder) =>
  readdirSync(path.join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map((file) => `${folder}/${file}`),
)
  .filter((file) => READ.test(file) && !PASSED_OVER.test(file))
  .map((file) => ({ file, lines: readFileSync(path.join(ROOT, file), 'utf8').split('\n') }));

function linesWith(pattern: RegExp): readonly string[] {
  return files.flatMap(({ file, lines }) =>
    lines.flatMap((line, index) => (pattern.test(line) ? [`${file}:${String(index + 1)}: ${line.trim()}`] : [])),
  );
}

describe('the words of the house', () => {
  it.each([...namedRows(sectionOf(readDocument('glossary.md'), '## Plain words'))])(
    '%s is not among them: docs/glossary.md has a plainer one',
    (word) => {
      // In quotes it is a name, such as that of the user `nobody`.
      expect(linesWith(new RegExp(`(?<![-'"\`])\\b${word.replaceAll(' ', '\\s+')}s?\\b(?![-'"\`])`, 'i'))).toEqual([]);
    },
  );

  it(`make titles of at most ${String(TITLE_WORDS_MAX_COUNT)} words`, () => {
    const titles = files
      .filter(({ file }) => /\.(?:spec|tests)\.ts$/.test(file))
      .flatMap(({ file, lines }) =>
        lines.flatMap((line) => [...line.matchAll(TITLE)].map((match) => `${file}: ${match.groups?.['title'] ?? ''}`)),
      );
    expect(titles.length).toBeGreaterThan(1_000);
    expect(titles.filter((title) => title.split(/\s+/).length - 1 > TITLE_WORDS_MAX_COUNT)).toEqual([]);
  });
});
