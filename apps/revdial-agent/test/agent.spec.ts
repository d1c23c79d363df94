import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '@helix/pacing/testing';
import { AgentProcess } from './support/agent-process.js';
import { SmallApi } from './support/small-api.js';

const TOKEN = 'hl-very-secret-token';
/** A process has to start first, on a machine with other things to do. */
const PROCESS_LIMIT_MS = 15_000;

describe('the agent, built and running', () => {
  let api: SmallApi;
  let agents: AgentProcess[];

  beforeEach(async () => {
    api = await SmallApi.start();
    agents = [];
  });

  afterEach(async () => {
    await Promise.all(agents.map((agent) => agent.destroy()));
    await api.close();
  });

  function start(args: readonly string[], environment: Readonly<Record<string, string>> = {}): AgentProcess {
    // The API of these tests is one of generation 1.
    const agent = new AgentProcess(['--transport=hijack', ...args], environment);
    agents.push(agent);
    return agent;
  }

  function connected(...runnerIds: readonly string[]): Promise<void> {
    return eventually(() => expect([...api.runnerIds].sort()).toEqual([...runnerIds].sort()), PROCESS_LIMIT_MS);
  }

  it('carries many tunnels, each to its own service', async () => {
    const services = await Promise.all(
      ['one', 'two'].map(async (answer) => {
        const server = createServer((socket) => socket.end(answer)).listen(0, '127.0.0.1');
        await once(server, 'listening');
        return server;
      }),
    );
    const tunnels = services.map((server, index) => {
      const { port } = server.address() as AddressInfo;
      return `--tunnel=wolf-${String(index)}=127.0.0.1:${String(port)}`;
    });
    start(tunnels, { HELIX_API_URL: api.url, RUNNER_TOKEN: TOKEN });
    await connected('wolf-0', 'wolf-1');
    for (const [index, answer] of ['one', 'two'].entries()) {
      const websocket = await api.dial(`wolf-${String(index)}`);
      const [message] = (await once(websocket, 'message')) as [Buffer];
      expect(message.toString()).toBe(answer);
    }
    for (const server of services) server.close();
  });

  it('exits 2 once it was refused for as long as --refused-after says', async () => {
    api.status = 401;
    const agent = start(['--tunnel=wolf-a=:9', '--exit-on-refusal', '--refused-after=1'], {
      HELIX_API_URL: api.url,
      RUNNER_TOKEN: TOKEN,
    });
    expect((await agent.exit).code).toBe(2);
    expect(api.requestTimesMs.length).toBeGreaterThanOrEqual(2);
    expect(agent.find('refused for good')).toMatchObject({ level: 'error', runnerId: 'wolf-a', status: 401 });
  });

  it('retries for ever when refused, and connects once the API knows its token', async () => {
    api.status = 401;
    const agent = start(['--tunnel=wolf-a=:9', '--refused-after=0'], { HELIX_API_URL: api.url, RUNNER_TOKEN: TOKEN });
    await eventually(() => expect(agent.log.filter(({ msg }) => msg === 'refused')).toHaveLength(3), PROCESS_LIMIT_MS);
    expect(agent.log[0]).toMatchObject({ level: 'warn', msg: expect.stringContaining('--exit-on-refusal') as string });
    api.status = 200;
    await eventually(() => expect(agent.find('connected')).toBeDefined(), PROCESS_LIMIT_MS);
  });

  it('keeps the tunnels that are not refused', async () => {
    api.status = 403;
    const agent = start(['--tunnel=wolf-a=:9', '--tunnel=wolf-b=:9', '--exit-on-refusal', '--refused-after=1'], {
      HELIX_API_URL: api.url,
      RUNNER_TOKEN: TOKEN,
    });
    await eventually(() => expect(agent.find('refused')).toBeDefined(), PROCESS_LIMIT_MS);
    api.status = 200;
    await connected('wolf-a', 'wolf-b');
    agent.kill('SIGTERM');
    expect((await agent.exit).code).toBe(0);
  });

  it.each(['SIGTERM', 'SIGINT'] as const)('exits 0 on %s, and lets an answer finish first', async (signal) => {
    let answerNow: () => void = () => undefined;
    const service = createServer((socket) => {
      socket.once('data', () => {
        answerNow = () => void socket.end('the whole answer');
      });
    }).listen(0, '127.0.0.1');
    await once(service, 'listening');
    const { port } = service.address() as AddressInfo;
    const agent = start([`--tunnel=wolf-a=127.0.0.1:${String(port)}`], { HELIX_API_URL: api.url, RUNNER_TOKEN: TOKEN });
    await connected('wolf-a');
    const websocket = await api.dial('wolf-a');
    websocket.send(Buffer.from('question'));
    const previous = answerNow;
    await eventually(() => expect(answerNow).not.toBe(previous));
    agent.kill(signal);
    await eventually(() => expect(agent.find('stopping')).toBeDefined());
    const answered = once(websocket, 'message') as Promise<[Buffer]>;
    answerNow();
    expect((await answered)[0].toString()).toBe('the whole answer');
    expect(await agent.exit).toEqual({ code: 0, signal: null });
    service.close();
  });

  it('exits 0 within 10 s of SIGTERM although a stream never ends', async () => {
    const service = createServer(() => undefined).listen(0, '127.0.0.1');
    await once(service, 'listening');
    const { port } = service.address() as AddressInfo;
    const agent = start([`--tunnel=wolf-a=127.0.0.1:${String(port)}`], { HELIX_API_URL: api.url, RUNNER_TOKEN: TOKEN });
    await connected('wolf-a');
    const websocket = await api.dial('wolf-a');
    websocket.on('error', () => undefined);
    websocket.send(Buffer.from('question'));
    const beganAtMs = performance.now();
    agent.kill('SIGTERM');
    expect((await agent.exit).code).toBe(0);
    expect(performance.now() - beganAtMs).toBeLessThan(10_000);
    service.close();
  });

  it('exits 0 on SIGTERM while it cannot connect', async () => {
    const agent = start(['--tunnel=wolf-a=:9'], { HELIX_API_URL: 'http://127.0.0.1:9', RUNNER_TOKEN: TOKEN });
    await eventually(
      () => expect(agent.find('not connected')).toMatchObject({ code: 'UNREACHABLE' }),
      PROCESS_LIMIT_MS,
    );
    agent.kill('SIGTERM');
    expect((await agent.exit).code).toBe(0);
  });

  it('reconnects soon after a loss, and after the API was killed and restarted', async () => {
    const agent = start(['--tunnel=wolf-a=:9'], { HELIX_API_URL: api.url, RUNNER_TOKEN: TOKEN });
    await connected('wolf-a');
    await eventually(() => expect(agent.find('connected')).toBeDefined());
    const cutAtMs = performance.now();
    api.controls[0]?.socket.destroy();
    await eventually(() => expect(api.controls).toHaveLength(2));
    // The wait itself is asserted below; a busy machine adds to what the clock says.
    expect((api.controls[1]?.atMs ?? Infinity) - cutAtMs).toBeLessThan(5_000);
    expect(agent.find('lost')?.['retryInMs']).toBeLessThanOrEqual(200);

    const { port } = api;
    await api.close();
    await eventually(() => expect(agent.find('not connected')).toBeDefined());
    api = await SmallApi.start(port);
    await connected('wolf-a');
  });

  it('starts before its local service, and serves once that listens', async () => {
    const path = join(tmpdir(), `agent-service-${randomBytes(6).toString('hex')}.sock`);
    const agent = start([], {
      HELIX_API_URL: api.url,
      RUNNER_TOKEN: TOKEN,
      WOLF_INSTANCE_ID: 'gpu-1',
      WOLF_SOCKET_PATH: path,
    });
    await connected('wolf-gpu-1', 'moonlight-gpu-1');
    const early = await api.dial('wolf-gpu-1');
    await once(early, 'close');
    const service = createServer((socket) => socket.end('here')).listen(path);
    await once(service, 'listening');
    const websocket = await api.dial('wolf-gpu-1');
    const [message] = (await once(websocket, 'message')) as [Buffer];
    expect(message.toString()).toBe('here');
    expect(agent.log.filter(({ level }) => level === 'warn' || level === 'error')).toEqual([]);
    service.close();
  });

  it('answers /healthz with 503 until every tunnel is connected, then 200', async () => {
    api.status = 403;
    const agent = start(['--tunnel=wolf-a=:9', '--health-port=0'], { HELIX_API_URL: api.url, RUNNER_TOKEN: TOKEN });
    await eventually(() => expect(agent.find('refused')).toBeDefined(), PROCESS_LIMIT_MS);
    const url = `http://127.0.0.1:${String(agent.find('health')?.['healthPort'])}`;
    expect((await fetch(`${url}/healthz`)).status).toBe(503);
    expect((await fetch(`${url}/else`)).status).toBe(404);
    api.status = 200;
    await eventually(async () => {
      const response = await fetch(`${url}/healthz`);
      expect(response.status).toBe(200);
      expect(await response.json()).toEqual({
        status: 'ok',
        tunnels: [{ runnerId: 'wolf-a', state: 'connected', transport: 'hijack', openStreamCount: 0 }],
      });
    }, PROCESS_LIMIT_MS);
  });
});
