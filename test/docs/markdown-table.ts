import { readFileSync } from 'node:fs';

/** Cells of a row, trimmed; a `\|` within a cell is text. */
export type Row = readonly string[];

export function readDocument(name: string): string {
  return readFileSync(new URL(`../../docs/${name}`, import.meta.url), 'utf8');
}

/** The text under a heading that is exactly this, up to the next one of its depth or above. */
export function sectionOf(document: string, heading: string): string {
  const lines = document.split('\n');
  const start = lines.indexOf(heading);
  if (start < 0) return '';
  const depth = heading.indexOf(' ');
  const length = lines.slice(start + 1).findIndex((line) => /^#+ /.test(line) && line.indexOf(' ') <= depth);
  return lines.slice(start + 1, length < 0 ? undefined : start + 1 + length).join('\n');
}

/** Rows whose first cell is one name in backticks, so neither heads nor separators. */
export function namedRows(text: string): ReadonlyMap<string, Row> {
  const rows = new Map<string, Row>();
  for (const line of text.split('\n')) {
    const cells = line.split(/(?<!\\)\|/).map((cell) => cell.trim());
    const name = /^`([^`]+)`$/.exec(cells[1] ?? '')?.[1];
    if (name === undefined) continue;
    if (rows.has(name)) throw new Error(`two rows for ${name}`);
    rows.set(name, cells.slice(2, -1));
  }
  return rows;
}
