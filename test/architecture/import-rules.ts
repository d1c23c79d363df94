import path from 'node:path';

import type { FolderOrder, ImportTable } from './import-table.js';
import type { SourceFile } from './source-files.js';

/** `<file>: <what it does>: <why that is not allowed>` */
export type Violation = string;

const OWN_SCOPE = '@helix/';
const ENTRIES = new Set(['', 'nest', 'testing']);

/** The folder of a package of ours by the name under which it is imported, and the part that is imported. */
export function ownPackage(
  specifier: string,
  folders: Iterable<string>,
): { folder: string; entry: string } | undefined {
  if (!specifier.startsWith(OWN_SCOPE)) return undefined;
  const [name = '', ...entry] = specifier.slice(OWN_SCOPE.length).split('/');
  const folder = [...folders].find((known) => known.endsWith(`/${name}`)) ?? name;
  return { folder, entry: entry.join('/') };
}

/** The file of the same package that a relative import means; `undefined` when it leaves the package's `src`. */
export function relativeTarget(file: SourceFile, specifier: string): string | undefined {
  const target = path.posix.join(path.posix.dirname(file.path), specifier).replace(/\.js$/, '.ts');
  return target.startsWith(`${file.packageFolder}/src/`) ? target : undefined;
}

export function forbiddenArrows(files: readonly SourceFile[], table: ImportTable): readonly Violation[] {
  return each(files, (file, specifier) => {
    const target = ownPackage(specifier, table.keys());
    if (target === undefined) return undefined;
    if (target.folder === file.packageFolder) return 'a package does not import itself by name';
    if (table.get(file.packageFolder)?.has(target.folder) === true) return undefined;
    return `the table in docs/architecture.md has no arrow from ${file.packageFolder} to ${target.folder}`;
  });
}

export function deepImports(files: readonly SourceFile[]): readonly Violation[] {
  return each(files, (file, specifier) => {
    const target = ownPackage(specifier, []);
    if (target === undefined) return undefined;
    if (!ENTRIES.has(target.entry)) return "only a package's name, '/nest' and '/testing' are its API";
    if (target.entry === 'testing' && !file.path.includes('/src/testing/')) return 'test doubles do not ship';
    return undefined;
  });
}

export function escapingImports(files: readonly SourceFile[]): readonly Violation[] {
  return each(files, (file, specifier) => {
    if (!specifier.startsWith('.')) return undefined;
    return relativeTarget(file, specifier) === undefined
      ? 'relative imports stay within src of their package'
      : undefined;
  });
}

export function misplacedNest(files: readonly SourceFile[]): readonly Violation[] {
  return each(files, (file, specifier) => {
    if (!specifier.startsWith('@nestjs/')) return undefined;
    if (file.packageFolder === 'apps/api' || /^libs\/[^/]+\/src\/nest\//.test(file.path)) return undefined;
    return 'the core of a library has no framework; Nest is for src/nest and apps/api';
  });
}

/** What a program loads, from its first file through packages of ours. */
export function importClosure(
  entry: string,
  files: readonly SourceFile[],
  table: ImportTable,
): ReadonlyMap<string, string> {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const loaded = new Map<string, string>();
  const open: (readonly [string, string])[] = [[entry, entry]];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const [at, from] = next;
    if (loaded.has(at)) continue;
    loaded.set(at, from);
    const file = byPath.get(at);
    if (file === undefined) continue;
    for (const { specifier, isTypeOnly } of file.imports) {
      if (!isTypeOnly) open.push([closureTarget(file, specifier, table), at]);
    }
  }
  return loaded;
}

function closureTarget(file: SourceFile, specifier: string, table: ImportTable): string {
  if (specifier.startsWith('.')) return relativeTarget(file, specifier) ?? specifier;
  const own = ownPackage(specifier, table.keys());
  if (own === undefined) return specifier;
  return path.posix.join(own.folder, 'src', own.entry, 'index.ts');
}

export function packageCycles(table: ImportTable): readonly Violation[] {
  return cycles(new Map([...table].map(([from, targets]) => [from, [...targets]])));
}

export function fileCycles(files: readonly SourceFile[]): readonly Violation[] {
  return cycles(
    new Map(
      files.map((file) => [
        file.path,
        file.imports
          .filter(({ specifier, isTypeOnly }) => specifier.startsWith('.') && !isTypeOnly)
          .map(({ specifier }) => relativeTarget(file, specifier) ?? specifier),
      ]),
    ),
  );
}

/** The same of all imports, also of those that are gone after compiling: a ring of types cannot be read from either end. */
export function typeCycles(files: readonly SourceFile[]): readonly Violation[] {
  return cycles(
    new Map(
      files.map((file) => [
        file.path,
        file.imports
          .filter(({ specifier }) => specifier.startsWith('.'))
          .map(({ specifier }) => relativeTarget(file, specifier) ?? specifier),
      ]),
    ),
  );
}

/** Imports between folders of one package that go up. Files beside the folders are free: the index, and what all folders use. */
export function upwardImports(files: readonly SourceFile[], order: FolderOrder): readonly Violation[] {
  return each(files, (file, specifier) => {
    const folders = order.get(file.packageFolder);
    const target = specifier.startsWith('.') ? relativeTarget(file, specifier) : undefined;
    if (folders === undefined || target === undefined) return undefined;
    const from = folderOf(file.path);
    const to = folderOf(target);
    if (from === undefined || from === to) return undefined;
    if (to === undefined) {
      return target.endsWith('/src/index.ts') ? 'a folder does not import the index of its package' : undefined;
    }
    return folders.indexOf(to) < folders.indexOf(from)
      ? undefined
      : `the table in docs/architecture.md has ${to}/ above ${from}/, and imports only go down`;
  });
}

/** Folders of the packages in the table that it does not name, and such that there are not. */
export function unorderedFolders(files: readonly SourceFile[], order: FolderOrder): readonly Violation[] {
  return [...order].flatMap(([packageFolder, named]) => {
    const own = files.filter((file) => file.packageFolder === packageFolder).map((file) => folderOf(file.path));
    const present = new Set(own.filter((folder) => folder !== undefined));
    return [
      ...[...present]
        .filter((folder) => !named.includes(folder))
        .map((folder) => `${packageFolder}/src/${folder}: not in the table of folders in docs/architecture.md`),
      ...named
        .filter((folder) => !present.has(folder))
        .map((folder) => `${packageFolder}/src/${folder}: in the table of docs/architecture.md, and not there`),
    ];
  });
}

/** The folder of `src` in which a file lies; `undefined` for one beside them. */
function folderOf(file: string): string | undefined {
  return /^[^/]+\/[^/]+\/src\/([^/]+)\//.exec(file)?.[1];
}

/** Each ring once, as `a → b → a: …`. */
function cycles(graph: ReadonlyMap<string, readonly string[]>): readonly Violation[] {
  const done = new Set<string>();
  const found: Violation[] = [];
  const walk = (at: string, way: readonly string[]): void => {
    const start = way.indexOf(at);
    if (start >= 0) {
      found.push(`${[...way.slice(start), at].join(' → ')}: none of them can be understood, tested or loaded first`);
      return;
    }
    if (done.has(at)) return;
    for (const next of graph.get(at) ?? []) walk(next, [...way, at]);
    done.add(at);
  };
  for (const node of graph.keys()) walk(node, []);
  return found;
}

/** Folders and files whose name says nothing about what is in them. */
export function attics(paths: readonly string[]): readonly Violation[] {
  return paths
    .filter((file) => file.split('/').some((name) => /^(?:utils?|helpers?|common|misc)(?:\.|$)/i.test(name)))
    .map((file) => `${file}: everything fits there, so nothing is found there; name it after what it does`);
}

function each(
  files: readonly SourceFile[],
  reasonAgainst: (file: SourceFile, specifier: string) => string | undefined,
): readonly Violation[] {
  return files.flatMap((file) =>
    file.imports.flatMap(({ specifier }) => {
      const reason = reasonAgainst(file, specifier);
      return reason === undefined ? [] : [`${file.path} imports ${specifier}: ${reason}`];
    }),
  );
}
