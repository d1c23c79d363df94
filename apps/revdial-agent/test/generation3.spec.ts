import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Server as HttpServer } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import type { Duplex } from 'node:stream';
import { attachRevDialGateway, ConnectionManager, RevDialGateway, runnerIdOf } from '@helix/revdial';
import { eventually } from '@helix/pacing/testing';
import { CuttingProxy } from '@helix/revdial/testing';
import { AgentProcess } from './support/agent-process.js';

const TOKEN = 'hl-very-secret-token';
const WOLF = runnerIdOf('wolf', 'a');
const PROCESS_LIMIT_MS = 15_000;

describe('the agent as a process, at an API of generation 3', () => {
  let connections: ConnectionManager;
  let api: HttpServer;
  let relay: CuttingProxy;
  let service: Server;
  let agents: AgentProcess[];

  beforeEach(async () => {
    agents = [];
    connections = new ConnectionManager();
    api = createServer((_request, response) => response.writeHead(404).end());
    const runner = { name: 'runner', mayOpen: () => Promise.resolve('granted' as const) };
    const authorizer = { authenticate: () => Promise.resolve(runner) };
    attachRevDialGateway(api, new RevDialGateway(connections, authorizer));
    service = createTcpServer({ allowHalfOpen: true }, (socket) => {
      socket.on('error', () => undefined);
      socket.pipe(socket);
    });
    for (const each of [api, service]) {
      each.listen(0, '127.0.0.1');
      await once(each, 'listening');
    }
    relay = await CuttingProxy.listen({ targetPort: portOf(api) });
  });

  afterEach(async () => {
    await Promise.all(agents.map((agent) => agent.destroy()));
    await connections.close(0);
    await relay.close();
    for (const each of [api, service]) each.close();
  });

  function start(...args: readonly string[]): AgentProcess {
    const agent = new AgentProcess([`--tunnel=wolf-a=127.0.0.1:${String(portOf(service))}`, ...args], {
      HELIX_API_URL: `http://127.0.0.1:${String(relay.port)}`,
      RUNNER_TOKEN: TOKEN,
    });
    agents.push(agent);
    return agent;
  }

  async function dial(): Promise<Duplex> {
    await eventually(() => expect(connections.find(WOLF)?.state).toBe('connected'), PROCESS_LIMIT_MS);
    return connections.dial(WOLF);
  }

  it.each(['mux', 'mux-websocket'])('carries 10 MB each way through cuts over %s', async (transport) => {
    const agent = start(`--transport=${transport}`);
    const stream = await dial();
    const sent = randomBytes(10 * 1024 * 1024);
    const received = readAll(stream);
    relay.cutBySchedule({ seed: 11, minMs: 60, maxMs: 240, kinds: ['reset', 'half'] });
    for (let at = 0; at < sent.length; at += 256 * 1024)
      if (!stream.write(sent.subarray(at, at + 256 * 1024))) await once(stream, 'drain');
    stream.end();
    expect((await received).equals(sent)).toBe(true);
    relay.stopCutting();
    expect(relay.cutCount).toBeGreaterThan(0);
    expect(agent.find('resumed')).toBeDefined();
    expect(agent.find('lost')).toBeUndefined();
  });

  it('gets a new link when it is started again after it was killed', async () => {
    const first = start();
    const stream = await dial();
    const failed = new Promise<unknown>((resolve) => stream.once('error', resolve));
    stream.write('hello');
    await once(stream, 'data');
    const before = connections.find(WOLF)?.generation ?? 0;
    first.kill('SIGKILL');
    const second = start();
    expect(await failed).toMatchObject({ code: 'LINK_LOST' });
    await eventually(() => expect(connections.find(WOLF)?.generation).toBeGreaterThan(before), PROCESS_LIMIT_MS);
    const again = await dial();
    again.end('and again');
    expect((await readAll(again)).toString()).toBe('and again');
    second.kill('SIGTERM');
    expect((await second.exit).code).toBe(0);
  });

  it('takes generation 3 by itself, and reports the health of each runner', async () => {
    const agent = start('--tunnel=moonlight-a=:9', '--health-port=0');
    await eventually(() => expect(connections.find(WOLF)).toMatchObject({ transport: 'mux' }), PROCESS_LIMIT_MS);
    await eventually(() => expect(agent.find('connected')).toMatchObject({ transport: 'mux', why: 'tried first' }));
    const response = await fetch(`http://127.0.0.1:${String(agent.find('health')?.['healthPort'])}/healthz`);
    const fields = { state: 'connected', transport: 'mux', openStreamCount: 0 };
    expect(await response.json()).toEqual({
      status: 'ok',
      tunnels: [
        { runnerId: 'wolf-a', ...fields },
        { runnerId: 'moonlight-a', ...fields },
      ],
    });
    expect(relay.connectionCount).toBe(1);
  });
});

function portOf(server: Server | HttpServer): number {
  return (server.address() as AddressInfo).port;
}

async function readAll(stream: Duplex): Promise<Buffer> {
  const chunks: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  await once(stream, 'end');
  return Buffer.concat(chunks);
}
