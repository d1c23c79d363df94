import type { AgentSettings } from '../settings/agent-settings.js';
import { checkAnswer } from './check-answer.js';
import { checkPath } from './check-path.js';
import { checkTransports } from './check-transports.js';
import { checkLocal, checkToken } from './check-tunnels.js';
import type { Finding } from './finding.js';

export type DoctorExitCode = 0 | 3;

/** Looks at everything between a local service and the API, and prints what it found and what to do. */
export async function runDoctor(
  settings: AgentSettings,
  isJson: boolean,
  signal: AbortSignal,
  print: (text: string) => void,
): Promise<DoctorExitCode> {
  const findings: Finding[] = [];
  findings.push(...(await checkPath(settings.connector, signal)));
  // Without a way there everything further would fail for the same reason.
  if (findings.every(({ result }) => result !== 'failed')) {
    findings.push(...(await checkAnswer(settings.connector, signal)));
    for (const tunnel of settings.tunnels) findings.push(await checkToken(settings.connector, tunnel, signal));
    findings.push(...(await checkTransports(settings, signal)));
  }
  for (const tunnel of settings.tunnels) findings.push(await checkLocal(tunnel, signal));
  const isWell = findings.every(({ result }) => result !== 'failed');
  print(
    isJson ? `${JSON.stringify({ status: isWell ? 'ok' : 'failed', findings }, null, 2)}\n` : formatFindings(findings),
  );
  return isWell ? 0 : 3;
}

/** A table, with the cure under each line that needs one. */
function formatFindings(findings: readonly Finding[]): string {
  const width = Math.max(...findings.map(({ check }) => check.length));
  const lines = findings.flatMap(({ check, result, detail, cure }) => {
    const line = `${result.padEnd(8)} ${check.padEnd(width)}  ${detail}`;
    return cure === undefined ? [line] : [line, `${' '.repeat(9 + width)}  > ${cure}`];
  });
  const failedCount = findings.filter(({ result }) => result === 'failed').length;
  const verdict = failedCount === 0 ? 'the agent can work' : `${String(failedCount)} failed`;
  return `${lines.join('\n')}\n\n${verdict}\n`;
}
