import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import { AgentTunnels, fixedToken, runnerIdOf } from '@helix/revdial';
import type { LocalAddress } from '@helix/revdial';
import { eventually } from '@helix/pacing/testing';
import { CuttingProxy } from '@helix/revdial/testing';
import { LocalService, unusedPort } from '../runner/support/local-service.js';
import { RecordingLogger } from '../runner/support/recording-logger.js';
import { connectorTo } from '../runner/support/start-tunnel.js';
import { Replica, RUNNER_TOKEN } from '../support/replica.js';

const WOLF = runnerIdOf('wolf', 'a');
const MOONLIGHT = runnerIdOf('moonlight', 'a');

describe.each(['mux', 'mux-websocket'] as const)('the agent and the gateway of generation 3 over %s', (transport) => {
  let replica: Replica;
  let relay: CuttingProxy;
  /** Where new connections lead. */
  let way: { targetPort: number };
  let service: LocalService;
  let agents: AgentTunnels[];

  beforeEach(async () => {
    replica = await Replica.start();
    way = { targetPort: replica.port };
    relay = await CuttingProxy.listen(way);
    service = await LocalService.start();
    agents = [];
  });

  afterEach(async () => {
    for (const agent of agents) agent.destroy();
    await service.close();
    await relay.close();
    await replica.close();
  });

  async function start(targets: Readonly<Record<string, LocalAddress>>): Promise<AgentTunnels> {
    const agent = new AgentTunnels({
      connector: connectorTo(`http://127.0.0.1:${String(relay.port)}`),
      token: fixedToken(RUNNER_TOKEN),
      transport,
      logger: new RecordingLogger(),
      targets: Object.entries(targets).map(([runnerId, local]) => ({ runnerId, local, logger: new RecordingLogger() })),
    });
    agents.push(agent);
    agent.start();
    await eventually(() => expect(agent.statuses.every(({ state }) => state === 'connected')).toBe(true));
    return agent;
  }

  it('carries streams of two runners on one link, each direction to its own end', async () => {
    await start({ 'wolf-a': service.address, 'moonlight-a': service.address });
    for (const runnerId of [WOLF, MOONLIGHT]) {
      const stream = await replica.connections.dial(runnerId);
      stream.end('there and back');
      expect((await readAll(stream)).toString()).toBe('there and back');
    }
    expect(relay.connectionCount).toBe(1);
  });

  it('restarted replica: the first request opens a new link', async () => {
    await start({ 'wolf-a': service.address });
    const successor = await Replica.start();
    way.targetPort = successor.port;
    relay.cut('reset');
    await eventually(() => expect(successor.connections.find(WOLF)).toMatchObject({ state: 'connected' }));
    const stream = await successor.connections.dial(WOLF);
    stream.end('there and back');
    expect((await readAll(stream)).toString()).toBe('there and back');
    expect(successor.counters).toMatchObject({ resumptionsRefused: { 'unknown-link': 1 }, refusals: {} });
    await successor.close();
  });

  it('tells the caller why the service cannot be reached', async () => {
    await start({ 'wolf-a': { kind: 'tcp', host: '127.0.0.1', port: await unusedPort() } });
    const stream = await replica.connections.dial(WOLF);
    const failed = new Promise<unknown>((resolve) => stream.once('error', resolve));
    stream.write('anybody?');
    stream.resume();
    expect(await failed).toMatchObject({ code: 'SERVICE_DOWN' });
  });

  it('carries 40 MB each way through cuts of every kind', async () => {
    await start({ 'wolf-a': service.address });
    const stream = await replica.connections.dial(WOLF);
    const sent = randomBytes(40 * 1024 * 1024);
    const received = readAll(stream);
    relay.cutBySchedule({ seed: 7, minMs: 40, maxMs: 160, kinds: ['reset', 'half'] });
    for (let at = 0; at < sent.length; at += 256 * 1024) {
      if (!stream.write(sent.subarray(at, at + 256 * 1024))) await once(stream, 'drain');
    }
    stream.end();
    expect((await received).equals(sent)).toBe(true);
    expect(relay.cutCount).toBeGreaterThan(0);
  }, 30_000);

  it('lets a second agent of the same runners take over, and the first waits', async () => {
    const first = await start({ 'wolf-a': service.address });
    await start({ 'wolf-a': service.address });
    await eventually(() => expect(first.statuses[0]?.state).toBe('waiting'));
    const stream = await replica.connections.dial(WOLF);
    stream.end('second');
    expect((await readAll(stream)).toString()).toBe('second');
  });
});

async function readAll(stream: Duplex): Promise<Buffer> {
  const chunks: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  await once(stream, 'end');
  return Buffer.concat(chunks);
}
