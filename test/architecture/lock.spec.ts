import { readFileSync } from 'node:fs';
import path from 'node:path';

import { ROOT } from './source-files.js';

interface Lock {
  readonly packages: Readonly<
    Record<string, { readonly resolved?: string; readonly optionalDependencies?: Readonly<Record<string, string>> }>
  >;
}

describe('package-lock.json', () => {
  const { packages } = JSON.parse(readFileSync(path.join(ROOT, 'package-lock.json'), 'utf8')) as Lock;

  it('names the packages of every platform; when not, run scripts/complete-lock.mjs', () => {
    const names = new Set(Object.keys(packages).map((key) => key.slice(key.lastIndexOf('node_modules/') + 13)));
    const missing = Object.entries(packages).flatMap(([parent, { optionalDependencies = {} }]) =>
      Object.keys(optionalDependencies).flatMap((name) =>
        names.has(name) ? [] : [`${parent} → ${name}: npm ci refuses a lock without it, on every platform`],
      ),
    );
    expect(missing).toEqual([]);
  });

  it('holds no download addresses, which bind it to one registry', () => {
    const addressed = Object.entries(packages).filter(([, { resolved }]) => /^https?:/.test(resolved ?? ''));
    expect(addressed.map(([key]) => key)).toEqual([]);
  });
});
