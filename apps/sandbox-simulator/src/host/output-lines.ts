import type { Readable } from 'node:stream';

import { CHILD_LINE_MAX_BYTES } from '../limits.js';

/** Calls `onLine` for each line of a child's output. What goes beyond the longest line is dropped. */
export function readLines(output: Readable, onLine: (line: string) => void): void {
  let unfinished = '';
  output.setEncoding('utf8');
  output.on('data', (chunk: string) => {
    const lines = `${unfinished}${chunk}`.split('\n');
    unfinished = (lines.pop() ?? '').slice(0, CHILD_LINE_MAX_BYTES);
    for (const line of lines) if (line !== '') onLine(line.slice(0, CHILD_LINE_MAX_BYTES));
  });
  output.once('end', () => {
    if (unfinished !== '') onLine(unfinished);
  });
}
