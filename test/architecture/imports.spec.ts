import { readFileSync } from 'node:fs';
import path from 'node:path';

import { dependencyFaults, type Manifest } from './dependency-rules.js';
import {
  attics,
  deepImports,
  escapingImports,
  fileCycles,
  forbiddenArrows,
  importClosure,
  misplacedNest,
  packageCycles,
  typeCycles,
  unorderedFolders,
  upwardImports,
} from './import-rules.js';
import { readFolderOrder, readImportTable } from './import-table.js';
import { filesUnder, packageFolders, ROOT, shippedSources, sourceFile } from './source-files.js';

describe('the parts of the repository', () => {
  const table = readImportTable();
  const sources = shippedSources();

  it('are all in the table of docs/architecture.md, and no others', () => {
    expect([...table.keys()].sort()).toEqual([...packageFolders()].sort());
  });

  it('import each other along the arrows of that table only', () => {
    expect(forbiddenArrows(sources, table)).toEqual([]);
  });

  it('are imported by name, never from within', () => {
    expect(deepImports(sources)).toEqual([]);
  });

  it('keep relative imports at home', () => {
    expect(escapingImports(sources)).toEqual([]);
  });

  it('keep Nest in src/nest and in apps/api', () => {
    expect(misplacedNest(sources)).toEqual([]);
  });

  it('depend on each other in one direction', () => {
    expect(packageCycles(table)).toEqual([]);
  });

  it('have no rings of files that need each other to load', () => {
    expect(fileCycles(sources)).toEqual([]);
  });

  it('have folders that import each other only downwards', () => {
    const order = readFolderOrder();
    expect(unorderedFolders(sources, order)).toEqual([]);
    expect(upwardImports(sources, order)).toEqual([]);
  });

  it.each([...readFolderOrder().keys()])(
    'have no rings of types in %s, whose folders are in order',
    (packageFolder) => {
      expect(typeCycles(sources.filter((file) => file.packageFolder === packageFolder))).toEqual([]);
    },
  );

  it.each(packageFolders())('declare in %s/package.json exactly what src imports', (packageFolder) => {
    const manifest = JSON.parse(readFileSync(path.join(ROOT, packageFolder, 'package.json'), 'utf8')) as Manifest;
    const files = sources.filter((file) => file.packageFolder === packageFolder);
    expect(dependencyFaults(packageFolder, manifest, files)).toEqual([]);
  });

  it('have no attics', () => {
    const folders = ['libs', 'apps', 'bench', 'test', 'scripts', 'deploy'];
    expect(attics(folders.flatMap((folder) => filesUnder(folder)))).toEqual([]);
  });
});

describe('the agent', () => {
  const closure = importClosure('apps/revdial-agent/src/main.ts', shippedSources(), readImportTable());

  it('loads the tunnel and nothing of Nest', () => {
    const framework = [...closure].filter(([loaded]) => loaded.startsWith('@nestjs/') || loaded.includes('/src/nest/'));
    expect(framework.map(([loaded, from]) => `${from} loads ${loaded}: the agent carries no framework`)).toEqual([]);
    expect([...closure.keys()]).toContain('libs/revdial/src/runner/agent/agent-tunnels.ts');
  });

  it('keeps the older generations of the wire behind one folder, and all its folders in order', () => {
    const mayImport: Readonly<Record<string, readonly string[]>> = {
      agent: ['link', 'older-generations', 'streams', 'connect'],
      link: ['streams', 'connect'],
      'older-generations': ['streams', 'connect'],
      streams: ['connect'],
      connect: [],
    };
    const folder = /^libs\/revdial\/src\/runner\/([^/]+)\//;
    const up = shippedSources().flatMap((file) =>
      file.imports.flatMap(({ specifier }) => {
        const from = folder.exec(file.path)?.[1];
        const to = folder.exec(path.posix.join(path.posix.dirname(file.path), specifier))?.[1];
        if (from === undefined || to === undefined || from === to || mayImport[from]?.includes(to) === true) return [];
        return [`${file.path} imports ${specifier}: ${to}/ is not below ${from}/ (docs/adr/0015)`];
      }),
    );
    expect(up).toEqual([]);
  });
});

describe('the rules', () => {
  const table = new Map([
    ['libs/one', new Set<string>()],
    ['libs/two', new Set(['libs/one'])],
  ]);
  const file = (name: string, text: string) => sourceFile(name, text);

  it('see every way to import', () => {
    const text = [
      "import a from 'a';",
      "import type b from 'b';",
      "import { type c } from 'c';",
      "import 'd';",
      "export { e } from 'e';",
      "export type { f } from 'f';",
      "const g = await import('g');",
      "type H = import('h').H;",
      "// import 'no';",
      'const text = "import \'no\'";',
    ].join('\n');
    expect(file('libs/one/src/a.ts', text).imports).toEqual([
      { specifier: 'a', isTypeOnly: false },
      { specifier: 'b', isTypeOnly: true },
      { specifier: 'c', isTypeOnly: true },
      { specifier: 'd', isTypeOnly: false },
      { specifier: 'e', isTypeOnly: false },
      { specifier: 'f', isTypeOnly: true },
      { specifier: 'g', isTypeOnly: false },
      { specifier: 'h', isTypeOnly: true },
    ]);
  });

  it('tell the file and the reason of what they refuse', () => {
    const against = file('libs/one/src/x.ts', "import type { T } from '@helix/two';");
    const along = file('libs/two/src/x.ts', "import { t } from '@helix/one';");
    expect(forbiddenArrows([against, along], table)).toEqual([
      'libs/one/src/x.ts imports @helix/two: the table in docs/architecture.md has no arrow from libs/one to libs/two',
    ]);
    expect(
      deepImports([file('libs/two/src/x.ts', "import '@helix/one/src/y.js'; import '@helix/one/testing';")]),
    ).toHaveLength(2);
    expect(
      escapingImports([file('libs/two/src/a/x.ts', "import '../../../one/src/y.js'; import '../y.js';")]),
    ).toHaveLength(1);
    expect(misplacedNest([file('libs/one/src/x.ts', "import '@nestjs/common';")])).toHaveLength(1);
    expect(attics(['libs/one/src/utils/x.ts', 'libs/one/src/url-helpers.ts', 'libs/one/src/helpers.ts'])).toHaveLength(
      2,
    );
  });

  it('find rings, and let types close one', () => {
    const a = file('libs/one/src/a.ts', "import './b.js';");
    const b = file('libs/one/src/b.ts', "import './c.js';");
    expect(fileCycles([a, b, file('libs/one/src/c.ts', "import type { A } from './a.js';")])).toEqual([]);
    expect(fileCycles([a, b, file('libs/one/src/c.ts', "import './a.js';")])).toEqual([
      expect.stringMatching(/^libs\/one\/src\/a\.ts → .*b\.ts → .*c\.ts → libs\/one\/src\/a\.ts: /),
    ]);
    expect(packageCycles(new Map([...table, ['libs/one', new Set(['libs/two'])]]))).toHaveLength(1);
  });

  it('refuse an import that goes up between folders, and a ring of types', () => {
    const order = new Map([['libs/one', ['low', 'high']]]);
    const up = file('libs/one/src/low/a.ts', "import type { B } from '../high/b.js'; import '../free.js';");
    const down = file('libs/one/src/high/b.ts', "import { A } from '../low/a.js'; import './c.js';");
    const index = file('libs/one/src/high/c.ts', "import '../index.js';");
    expect(upwardImports([up, down, index, file('libs/one/src/free.ts', "import './high/b.js';")], order)).toEqual([
      'libs/one/src/low/a.ts imports ../high/b.js: the table in docs/architecture.md has high/ above low/, and imports only go down',
      'libs/one/src/high/c.ts imports ../index.js: a folder does not import the index of its package',
    ]);
    expect(unorderedFolders([up, file('libs/one/src/other/x.ts', '')], order)).toEqual([
      'libs/one/src/other: not in the table of folders in docs/architecture.md',
      'libs/one/src/high: in the table of docs/architecture.md, and not there',
    ]);
    expect(typeCycles([up, down, index])).toHaveLength(1);
  });

  it('follow packages of ours into what they load', () => {
    const files = [
      file('libs/two/src/main.ts', "import { t } from '@helix/one';"),
      file('libs/one/src/index.ts', "export { t } from './t.js'; import type { N } from '@nestjs/core';"),
      file('libs/one/src/t.ts', "import '@nestjs/common';"),
    ];
    const closure = importClosure('libs/two/src/main.ts', files, table);
    expect(closure.get('@nestjs/common')).toBe('libs/one/src/t.ts');
    expect(closure.has('@nestjs/core')).toBe(false);
  });

  it('compare what is declared with what is imported', () => {
    const files = [file('libs/one/src/x.ts', "import 'ws'; import type { R } from 'express'; import 'node:fs';")];
    expect(dependencyFaults('libs/one', { name: 'one', dependencies: { undici: '1' } }, files)).toEqual([
      'libs/one/package.json does not declare ws: libs/one/src/x.ts imports it',
      'libs/one/package.json declares undici: nothing in src imports it',
    ]);
  });
});
