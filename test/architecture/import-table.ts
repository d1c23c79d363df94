import { readFileSync } from 'node:fs';
import path from 'node:path';

import { ROOT } from './source-files.js';

/** Package folder → folders of ours that it may import. */
export type ImportTable = ReadonlyMap<string, ReadonlySet<string>>;

/** The table "The parts" of docs/architecture.md: its first column names the part, its last what that may import. */
export function readImportTable(): ImportTable {
  const text = readFileSync(path.join(ROOT, 'docs/architecture.md'), 'utf8');
  const table = new Map<string, ReadonlySet<string>>();
  for (const line of text.split('\n')) {
    const cells = line.split('|').map((cell) => cell.trim());
    const part = /^`((?:libs|apps)\/[a-z-]+)`$/.exec(cells[1] ?? '')?.[1];
    if (part === undefined) continue;
    const mayImport = [...(cells.at(-2) ?? '').matchAll(/`((?:libs|apps)\/[a-z-]+)`/g)].map(([, name = '']) => name);
    table.set(part, new Set(mayImport));
  }
  return table;
}

/** Package folder → its folders under src, those below first. */
export type FolderOrder = ReadonlyMap<string, readonly string[]>;

/** The table "Folders of a part" of docs/architecture.md: its first column names the part, its second the folders in order. */
export function readFolderOrder(): FolderOrder {
  const text = readFileSync(path.join(ROOT, 'docs/architecture.md'), 'utf8');
  const order = new Map<string, readonly string[]>();
  for (const line of text.split('\n')) {
    const cells = line.split('|').map((cell) => cell.trim());
    const part = /^`((?:libs|apps)\/[a-z-]+)\/src`$/.exec(cells[1] ?? '')?.[1];
    if (part === undefined) continue;
    order.set(
      part,
      [...(cells[2] ?? '').matchAll(/`([a-z-]+)\/`/g)].map(([, name = '']) => name),
    );
  }
  return order;
}
