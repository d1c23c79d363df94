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
