import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AgentTunnels, fixedToken, readBounded, runnerIdOf } from '@helix/revdial';
import type { AgentTransportMode } from '@helix/revdial';
import { eventually } from '@helix/pacing/testing';
import { CuttingProxy } from '@helix/revdial/testing';
import { RecordingLogger } from '../runner/support/recording-logger.js';
import { connectorTo } from '../runner/support/start-tunnel.js';
import { Replica, RUNNER_TOKEN } from '../support/replica.js';

const WOLF = runnerIdOf('wolf', '7');
const HYDRA = runnerIdOf('hydra', '7');
const PICTURE = Buffer.alloc(5_000_000, 'picture ');

let web: Server;
const replicas: Replica[] = [];
const agents: AgentTunnels[] = [];

async function startReplica(options: Parameters<typeof Replica.start>[0] = {}): Promise<Replica> {
  const replica = await Replica.start(options);
  replicas.push(replica);
  return replica;
}

function startAgent(
  port: number,
  transport: AgentTransportMode = 'auto',
  {
    machineId,
    logger = new RecordingLogger(),
  }: { readonly machineId?: string; readonly logger?: RecordingLogger } = {},
): AgentTunnels {
  const local = { kind: 'tcp', host: '127.0.0.1', port: (web.address() as AddressInfo).port } as const;
  const agent = new AgentTunnels({
    connector: connectorTo(`http://127.0.0.1:${String(port)}`),
    token: fixedToken(RUNNER_TOKEN),
    transport,
    targets: [
      { runnerId: WOLF, local, logger },
      { runnerId: HYDRA, local: { kind: 'unix', path: '/nowhere/hydra.sock' }, logger },
    ],
    timings: { backoffBaseMs: 20, backoffEarlyCapMs: 60, backoffCapMs: 60 },
    logger,
    ...(machineId === undefined ? {} : { machineId }),
  });
  agents.push(agent);
  agent.start();
  return agent;
}

async function small(replica: Replica): Promise<string> {
  const { body } = await replica.http.request(WOLF, { method: 'GET', path: '/' });
  return (await readBounded(body, 100)).toString();
}

function digest(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

beforeAll(async () => {
  web = createServer((request, response) => {
    request.resume();
    response.end(request.url === '/picture' ? PICTURE : 'small');
  });
  web.listen(0, '127.0.0.1');
  await once(web, 'listening');
});

afterEach(async () => {
  for (const agent of agents.splice(0)) agent.destroy();
  await Promise.all(replicas.splice(0).map((replica) => replica.close()));
});

afterAll(() => web.close());

describe.each(['auto', 'mux-websocket'] as const)("the library's two ends of generation 3, transport %s", (mode) => {
  const transport = mode === 'auto' ? 'mux' : mode;

  it('carry requests of several runners, and say why one cannot be had', async () => {
    const replica = await startReplica();
    startAgent(replica.port, mode);
    await eventually(() => expect(replica.connections.find(WOLF)).toMatchObject({ state: 'connected', transport }));
    expect(await Promise.all(Array.from({ length: 50 }, () => small(replica)))).toEqual(Array(50).fill('small'));
    await expect(replica.http.request(HYDRA, { method: 'GET', path: '/' })).rejects.toMatchObject({
      code: 'SERVICE_DOWN',
      message: expect.stringContaining('no-such-socket') as string,
    });
    expect(replica.gateway.multiplexedTotals()).toMatchObject({ connectionCount: 1, awayCount: 0 });
  });

  it('come back after every cut, in the middle of pictures', async () => {
    const replica = await startReplica();
    const proxy = await CuttingProxy.listen({ targetPort: replica.port, latencyMs: 3 });
    startAgent(proxy.port, mode);
    await eventually(() => expect(replica.connections.find(WOLF)?.state).toBe('connected'));
    for (const kind of ['reset', 'half'] as const) {
      const resumptions = replica.counters.resumptions;
      const { body } = await replica.http.request(WOLF, { method: 'GET', path: '/picture', class: 'bulk' });
      proxy.cut(kind);
      expect(digest(await readBounded(body, 10_000_000))).toBe(digest(PICTURE));
      await eventually(() => expect(replica.counters.resumptions).toBeGreaterThan(resumptions));
      expect(await small(replica)).toBe('small');
    }
    expect(replica.counters).toMatchObject({ linksEnded: {}, supersedes: 0 });
    await proxy.close();
  });

  it('a replica that closes has its agent move to another, and finishes what is under way', async () => {
    const first = await startReplica();
    const second = await startReplica();
    let port = first.port;
    const balancer = await CuttingProxy.listen({
      get targetPort() {
        return port;
      },
    });
    startAgent(balancer.port, mode);
    await eventually(() => expect(first.connections.find(WOLF)?.state).toBe('connected'));
    const { body } = await first.http.request(WOLF, { method: 'GET', path: '/picture' });
    port = second.port;
    void first.http.close();
    const closing = first.connections.close(3_000);
    expect(digest(await readBounded(body, 10_000_000))).toBe(digest(PICTURE));
    await eventually(() => expect(second.connections.find(WOLF)?.state).toBe('connected'));
    expect(await small(second)).toBe('small');
    await closing;
    await balancer.close();
  });
});

it('a second machine with the same ids is refused while the first works, then takes over', async () => {
  const replica = await startReplica();
  const first = startAgent(replica.port);
  await eventually(() => expect(first.statuses[0]?.state).toBe('connected'));
  const logger = new RecordingLogger();
  const second = startAgent(replica.port, 'auto', { machineId: 'A'.repeat(22), logger });
  await eventually(() => expect(logger.all('not connected').length).toBeGreaterThan(3));
  expect(logger.find('not connected')?.fields).toMatchObject({
    code: 'UNAVAILABLE',
    status: 409,
    problem: 'answered 409: another machine has a runner id of these, and answers',
  });
  expect(first.statuses[0]?.state).toBe('connected');
  expect(await small(replica)).toBe('small');
  first.destroy();
  await eventually(() => expect(second.statuses.map(({ state }) => state)).toEqual(['connected', 'connected']));
  expect(replica.connections.totals().links.mux).toBe(2);
  expect(await small(replica)).toBe('small');
});
