import { createServer } from 'node:http';
import { AgentTunnels, fixedToken, parseServerAddress, SocketConnector } from '@helix/revdial';
import type { RunnerLogger } from '@helix/revdial';

/**
 * Benchmark process: a part of a fleet, each runner with an agent's own link of generation 3. They do what an agent does, with its
 * waits: come back after a loss with full jitter, and not before an API that refuses them has said. Environment: `API_URL`, `TOKEN`,
 * `FIRST`, `COUNT`, `TRANSPORT`; runners are `hydra-fleet-<n>`. Prints `ready` with a port: `GET /` tells how they are, `POST /start`
 * lets them begin, `POST /forget` forgets refusals.
 */
export interface FleetCounts {
  readonly connected: number;
  /** Refused for good: these do not come back. */
  readonly ended: number;
  /** Were told to come later, since the last `/forget`. */
  readonly refused: number;
  /** Refusals in all, since the last `/forget`. */
  readonly refusals: number;
  /** How many are in which state, and what went wrong how often since the last `/forget`. */
  readonly states: Readonly<Record<string, number>>;
  readonly problems: Readonly<Record<string, number>>;
}

const server = parseServerAddress(process.env['API_URL'] ?? '');
if (server === undefined) throw new Error('API_URL is no address');
const token = fixedToken(process.env['TOKEN'] ?? '');
const transport = process.env['TRANSPORT'] === 'mux-websocket' ? 'mux-websocket' : 'mux';
const first = Number(process.env['FIRST']);
const connector = new SocketConnector({ server });
/** They are never dialed. */
const local = { kind: 'tcp', host: '127.0.0.1', port: 9 } as const;

const refused = new Set<string>();
const problems: Record<string, number> = {};
/** Kinds of problem that are told apart. */
const PROBLEMS_COUNT = 30;
let refusalCount = 0;
let endedCount = 0;

const agents = Array.from({ length: Number(process.env['COUNT']) }, (_, index) => {
  const runnerId = `hydra-fleet-${String(first + index)}`;
  const logger = listenerOf(runnerId);
  return new AgentTunnels({ connector, targets: [{ runnerId, local, logger }], token, transport, logger });
});

/** What an agent says of its troubles is counted, and not kept. */
function listenerOf(runnerId: string): RunnerLogger {
  const listen = (fields: Readonly<Record<string, unknown>>): void => {
    const { code, reason, problem } = fields;
    const kind = [code, reason, problem].filter((part) => typeof part === 'string').join(' ');
    if (kind !== '') {
      if (kind in problems || Object.keys(problems).length < PROBLEMS_COUNT) problems[kind] = (problems[kind] ?? 0) + 1;
    }
    if (fields['status'] !== 503) return;
    refused.add(runnerId);
    refusalCount += 1;
  };
  return { debug: listen, info: listen, warn: listen, error: listen };
}

function start(): void {
  for (const agent of agents) {
    agent.start();
    void agent.closed.then(() => (endedCount += 1));
  }
}

function counts(): FleetCounts {
  const states: Record<string, number> = {};
  for (const { statuses } of agents) {
    const state = statuses[0]?.state ?? 'idle';
    states[state] = (states[state] ?? 0) + 1;
  }
  const connected = states['connected'] ?? 0;
  return { connected, ended: endedCount, refused: refused.size, refusals: refusalCount, states, problems };
}

const control = createServer((request, response) => {
  if (request.url === '/start') start();
  if (request.url === '/forget') {
    refused.clear();
    refusalCount = 0;
    for (const kind of Object.keys(problems)) Reflect.deleteProperty(problems, kind);
  }
  response.end(JSON.stringify(counts()));
});
// A client that asks seldom would find the connection closed under its question.
control.keepAliveTimeout = 0;
control.listen(0, '127.0.0.1', () => {
  const address = control.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  process.stdout.write(`${JSON.stringify({ msg: 'ready', port })}\n`);
});
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => process.exit(0));
