import type { Finding } from './finding.js';

/** A table, with the cure under each line that needs one. */
export function formatFindings(findings: readonly Finding[]): string {
  const width = Math.max(...findings.map(({ check }) => check.length));
  const lines = findings.flatMap(({ check, result, detail, cure }) => {
    const line = `${result.padEnd(8)} ${check.padEnd(width)}  ${detail}`;
    return cure === undefined ? [line] : [line, `${' '.repeat(9 + width)}  > ${cure}`];
  });
  const failedCount = findings.filter(({ result }) => result === 'failed').length;
  const verdict = failedCount === 0 ? 'the agent can work' : `${String(failedCount)} failed`;
  return `${lines.join('\n')}\n\n${verdict}\n`;
}
