import { randomBytes } from 'node:crypto';
import { RUNNER_TIMINGS, askForGeneration3, askToResumeNothing, checkTransport, isConnectError } from '@helix/revdial';
import type { CheckedTransport } from '@helix/revdial';
import type { AgentSettings } from '../settings/agent-settings.js';
import { cureOf, describeError } from './finding.js';
import type { Finding } from './finding.js';

/** In the order in which `auto` prefers those of generation 3; the others are taken only when they are asked for. */
const TRANSPORTS: readonly { readonly transport: CheckedTransport; readonly what: string }[] = [
  { transport: 'mux', what: 'generation 3, upgraded socket' },
  { transport: 'mux-websocket', what: 'generation 3, WebSocket' },
  { transport: 'websocket', what: 'generation 2' },
  { transport: 'hijack', what: 'generation 1' },
];

/** How long one transport may take: two handshakes. */
const TIMINGS = { ...RUNNER_TIMINGS, handshakeTimeoutMs: 5_000, firstLineTimeoutMs: 5_000 };

/**
 * Which transports work. A host's token opens a real link of a runner id of the doctor's own, for a moment; a user's token may
 * open only own sessions, so that nothing is opened with it, and generation 3 is asked for in a way that is refused.
 */
export async function checkTransports(settings: AgentSettings, signal: AbortSignal): Promise<readonly Finding[]> {
  const host = settings.tunnels.find(({ kind }) => kind !== 'sandbox');
  const source = host ?? settings.tunnels[0];
  if (source === undefined) return [];
  const token = await source.token.read().catch(() => undefined);
  if (token === undefined) return [];
  const findings: Finding[] = [];
  const runnerId = `hydra-doctor-${randomBytes(6).toString('hex')}`;
  for (const { transport, what } of TRANSPORTS) {
    const check = `transport:${transport}`;
    const { connector } = settings;
    try {
      if (host !== undefined) {
        await checkTransport({ connector, transport, token, runnerId, timings: TIMINGS }, signal);
        findings.push({ check, result: 'ok', detail: `${what}: a link stood, and bytes came through` });
      } else if (transport === 'mux' || transport === 'mux-websocket') {
        const question = { connector, transport, token, timings: TIMINGS };
        if (transport === 'mux') await askToResumeNothing({ ...question, runnerIds: [source.runnerId] }, signal);
        else await askForGeneration3(question, signal);
        findings.push({ check, result: 'ok', detail: `${what}: the API speaks it (no link was opened)` });
      } else {
        findings.push({ check, result: 'skipped', detail: `${what}: cannot be tried with a user’s token` });
      }
    } catch (error) {
      findings.push({ check, ...judge(error, what) });
    }
  }
  return atLeastOne(findings, settings);
}

function judge(error: unknown, what: string): Omit<Finding, 'check'> {
  const detail = `${what}: ${describeError(error)}`;
  const isOlderApi = isConnectError(error, 'NOT_A_LINK') && error.status !== undefined && error.status < 500;
  const cure = isOlderApi
    ? 'the API is of an older generation (--transport hijack or websocket), or something between takes the upgrade away'
    : cureOf(error);
  return { result: 'warning', detail, cure };
}

/** One of generation 3 that works is enough, where the agent may choose. */
function atLeastOne(findings: readonly Finding[], { transport }: AgentSettings): readonly Finding[] {
  const wanted = transport === 'auto' ? ['transport:mux', 'transport:mux-websocket'] : [`transport:${transport}`];
  const isWorking = findings.some(({ check, result }) => wanted.includes(check) && result === 'ok');
  return findings.map((finding) => {
    const isWanted = !isWorking && wanted.includes(finding.check);
    return finding.result === 'warning' && isWanted ? { ...finding, result: 'failed' } : finding;
  });
}
