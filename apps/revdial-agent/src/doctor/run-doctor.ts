import type { AgentSettings } from '../settings/agent-settings.js';
import { checkAnswer } from './check-answer.js';
import { checkPath } from './check-path.js';
import { checkTransports } from './check-transports.js';
import { checkLocal, checkToken } from './check-tunnels.js';
import type { Finding } from './finding.js';
import { formatFindings } from './format-findings.js';

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
