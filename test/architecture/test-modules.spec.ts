import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { ROOT } from './source-files.js';

describe('modules of tests', () => {
  it('are each imported by one spec file, so that none is left out', () => {
    for (const folder of ['apps/api/test', 'test/contract']) {
      const files = readdirSync(path.join(ROOT, folder));
      const imports = files
        .filter((file) => file.endsWith('.spec.ts'))
        .flatMap((file) => [
          ...readFileSync(path.join(ROOT, folder, file), 'utf8').matchAll(/^import '\.\/(.+\.tests)\.js';$/gm),
        ])
        .map(([, name = '']) => `${name}.ts`);
      const modules = files.filter((file) => file.endsWith('.tests.ts'));
      expect(modules.length).toBeGreaterThan(10);
      expect(imports.toSorted()).toEqual(modules.toSorted());
    }
  });
});
