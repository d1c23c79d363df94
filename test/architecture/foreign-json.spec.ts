import { readFileSync } from 'node:fs';
import path from 'node:path';

import { filesUnder, ROOT } from './source-files.js';

/** Who parses by himself, and why it may be. What a peer, a user, a host or a desktop sends is for `parseForeignJson` and its like. */
const OWN_FILES: Readonly<Record<string, string>> = {
  'libs/revdial/src/json/foreign-json.ts': 'the one place, behind its limits',
  'apps/api/src/console/frontend-config.controller.ts': 'our own package.json',
  'libs/embedded-postgres/src/postgres-binaries.ts': 'a file of the installed package',
  'apps/revdial-agent/src/main.ts': 'our own package.json',
  'apps/api/src/console/page/api-client.ts': 'runs in a browser: what the API answers to its own page',
  'apps/api/src/console/page/server-message.ts':
    'runs in a browser: a message holds up the page it is for, and nothing else',
};

/** `JSON.parse`, `response.json()`, `json(stream)`, and parsers of frameworks which read bodies by themselves. */
const PARSERS = /\bJSON\s*\.\s*parse\b|\bJSON\s*\[|\.json\(\s*\)|node:stream\/consumers|express\.json|useBodyParser/;

describe('JSON of others', () => {
  const sources = ['libs', 'apps']
    .flatMap((folder) => filesUnder(folder))
    .filter((file) => /\/src\/.*\.ts$/.test(file) && !file.endsWith('.spec.ts') && !file.includes('/src/testing/'))
    // A machine of its own in tests and demonstrations, whose peers are ours.
    .filter((file) => !file.startsWith('apps/sandbox-simulator/'));
  const parsing = sources.filter((file) => PARSERS.test(withoutComments(readFileSync(path.join(ROOT, file), 'utf8'))));

  it('is parsed in one place, and all others who parse are known', () => {
    expect(parsing.sort()).toEqual(Object.keys(OWN_FILES).sort());
  });

  it('would be found in a file that parses it otherwise', () => {
    for (const line of [
      'JSON.parse(text)',
      'await response.json()',
      'JSON\n  .parse(text)',
      "JSON['parse'](text)",
      "app.useBodyParser('json')",
    ]) {
      expect(PARSERS.test(line)).toBe(true);
    }
  });
});

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '');
}
