import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readBounded, runnerIdOf } from '@helix/revdial';
import { eventually } from '@helix/pacing/testing';
import { CuttingProxy } from '@helix/revdial/testing';
import type { CutKind } from '@helix/revdial/testing';
import { OTHER_USER_TOKEN, Replica, RUNNER_TOKEN, SESSION, USER_TOKEN, USER_TOKEN_2 } from '../support/replica.js';
import { RawRunner } from '../support/raw-runner.js';
import { ScriptedAgent } from './support/scripted-agent.js';
import type { Carrier } from './support/scripted-agent.js';

const WOLF = runnerIdOf('wolf', '7');
const MOONLIGHT = runnerIdOf('moonlight', '7');
const DESKTOP = runnerIdOf('sandbox', SESSION);
/** Soon enough that silence costs a test little, and long enough that a busy machine is not taken for a silent peer. */
const QUICK = { pingAfterMs: 300, silenceLimitMs: 1_500 };
const PICTURE = Buffer.alloc(6_000_000, 'picture ');

let web: Server;
let webPort: number;
const agents: ScriptedAgent[] = [];
const replicas: Replica[] = [];

async function startReplica(options: Parameters<typeof Replica.start>[0] = {}): Promise<Replica> {
  const replica = await Replica.start({
    ...options,
    gateway: { resumableTimings: QUICK, ...options.gateway },
  });
  replicas.push(replica);
  return replica;
}

async function open(
  port: number,
  more: Partial<Parameters<typeof ScriptedAgent.open>[0]> = {},
): Promise<ScriptedAgent> {
  const agent = await ScriptedAgent.open({
    port,
    token: RUNNER_TOKEN,
    runnerIds: ['wolf-7'],
    services: { 'wolf-7': webPort, 'moonlight-7': webPort, [DESKTOP]: webPort },
    timings: QUICK,
    ...more,
  });
  agents.push(agent);
  return agent;
}

function digest(bytes: Buffer | undefined): string {
  return createHash('sha256')
    .update(bytes ?? '')
    .digest('hex');
}

beforeAll(async () => {
  web = createServer((request, response) => {
    request.resume();
    response.end(request.url === '/picture' ? PICTURE : 'small');
  });
  web.listen(0, '127.0.0.1');
  await once(web, 'listening');
  webPort = (web.address() as AddressInfo).port;
});

afterEach(async () => {
  await Promise.all(agents.splice(0).map((agent) => agent.close()));
  await Promise.all(replicas.splice(0).map((replica) => replica.close()));
});

afterAll(() => web.close());

describe.each<[CutKind, Carrier]>([
  ['reset', 'raw'],
  ['silence', 'websocket'],
  ['half', 'raw'],
])('after a %s of its %s carrier', (kind, carrier) => {
  it('a picture under way arrives whole, and its reader noticed nothing', async () => {
    const replica = await startReplica();
    const proxy = await CuttingProxy.listen({ targetPort: replica.port, latencyMs: 5 });
    const agent = await open(proxy.port, { carrier });
    const { body } = await replica.http.request(WOLF, { method: 'GET', path: '/picture', class: 'bulk' });
    proxy.cut(kind);
    await eventually(() => expect(agent.lostCount).toBe(1));
    await eventually(() => expect(replica.connections.find(WOLF)).toMatchObject({ stats: { openStreamCount: 1 } }));
    // Over the other kind this time.
    agent.carrier = carrier === 'raw' ? 'websocket' : 'raw';
    expect(await agent.resume()).toBeUndefined();
    expect(digest(await readBounded(body, 10_000_000))).toBe(digest(PICTURE));
    expect(replica.counters).toMatchObject({ resumptions: 1, linksOpened: { hijack: 0 } });
    expect(replica.connections.find(WOLF)).toMatchObject({
      transport: carrier === 'raw' ? 'mux-websocket' : 'mux',
      stats: { resumptionCount: 1 },
    });
    await proxy.close();
  });
});

it('is resumed while the server still believes in the old carrier', async () => {
  const replica = await startReplica();
  const agent = await open(replica.port);
  const { body } = await replica.http.request(WOLF, { method: 'GET', path: '/picture' });
  agent.socket.pause();
  expect(await agent.resume({ keepsOld: true })).toBeUndefined();
  expect(digest(await readBounded(body, 10_000_000))).toBe(digest(PICTURE));
});

it('a dial made meanwhile waits for the carrier, and the runner is resuming for that long', async () => {
  const replica = await startReplica();
  const agent = await open(replica.port);
  const events: string[] = [];
  replica.connections.subscribe(({ type, runnerId }) => events.push(`${runnerId} ${type}`));
  agent.link.detach();
  const resumeLeftMs = expect.any(Number) as number;
  await eventually(() => expect(replica.connections.find(WOLF)).toMatchObject({ state: 'resuming', resumeLeftMs }));
  const answered = replica.http.request(WOLF, { method: 'GET', path: '/' });
  await eventually(() => expect(replica.connections.totals().waitingDialCount).toBe(1));
  // More than once: the clock of links stands still while this process is busy, and then shows no time at all.
  await eventually(() => {
    const status = replica.connections.find(WOLF);
    expect(status?.state === 'resuming' && status.stats.unansweredMs).toBeGreaterThan(0);
  });
  expect(await agent.resume()).toBeUndefined();
  expect(events).toEqual([`${WOLF} resuming`, `${WOLF} resumed`]);
  const { body } = await answered;
  expect((await readBounded(body, 100)).toString()).toBe('small');
  expect(replica.connections.totals().waitingDialCount).toBe(0);
});

it('dials beyond maxWaitingDialCount while the link is resumed -> DIAL_QUEUE_FULL', async () => {
  const replica = await startReplica({ connections: { maxWaitingDialCount: 1 } });
  const agent = await open(replica.port);
  agent.link.detach();
  await eventually(() => expect(replica.connections.find(WOLF)).toMatchObject({ state: 'resuming' }));
  const first = replica.connections.dial(WOLF);
  await eventually(() => expect(replica.connections.totals().waitingDialCount).toBe(1));
  await expect(replica.connections.dial(WOLF)).rejects.toMatchObject({ code: 'DIAL_QUEUE_FULL' });
  expect(await agent.resume()).toBeUndefined();
  (await first).destroy();
});

it('hold over: the rest of the grace begins; a dial waits the grace in all', async () => {
  const replica = await startReplica({ gateway: { holdMs: 300 }, connections: { graceMs: 600 } });
  const agent = await open(replica.port);
  expect(agent.grant.holdMs).toBe(300);
  agent.link.detach();
  await eventually(() => expect(replica.connections.find(WOLF)).toMatchObject({ state: 'resuming' }));
  const beganAtMs = performance.now();
  await expect(replica.connections.dial(WOLF)).rejects.toMatchObject({ code: 'RUNNER_NOT_CONNECTED' });
  const tookMs = performance.now() - beganAtMs;
  // The links' clock turns each 250 ms.
  expect(tookMs).toBeGreaterThan(300);
  expect(tookMs).toBeLessThan(900);
  expect(await agent.resume()).toMatchObject({ status: 410, body: 'not resumable: unknown-link' });
  expect(replica.counters.linksEnded).toEqual({ 'peer-silent': 1 });
});

it('a replica that does not know the link opens a new one only where asked', async () => {
  const first = await startReplica();
  const second = await startReplica();
  const agent = await open(first.port);
  agent.port = second.port;
  expect(await agent.resume()).toMatchObject({ status: 410, body: 'not resumable: unknown-link' });
  const answer = await agent.resume({ takesNewOne: true });
  expect(answer?.status).toBe(101);
  expect(answer?.headers.get('revdial-link')).toMatch(/^[0-9a-f]{32}$/);
  expect(answer?.headers.has('revdial-received')).toBe(false);
  await eventually(() => expect(second.connections.find(WOLF)).toMatchObject({ state: 'connected' }));
  expect(second.counters.resumptionsRefused).toEqual({ 'unknown-link': 2 });
  agent.port = first.port;
  expect(await agent.resume({ takesNewOne: true, secret: randomBytes(32) })).toMatchObject({ status: 410 });
  await open(first.port);
  expect(await agent.resume({ takesNewOne: true })).toMatchObject({ status: 410, body: 'not resumable: superseded' });
});

it('a dial that waits moves to the new link of an agent that could not resume', async () => {
  const replica = await startReplica();
  const agent = await open(replica.port);
  agent.link.detach();
  await eventually(() => expect(replica.connections.find(WOLF)).toMatchObject({ state: 'resuming' }));
  const dialed = replica.http.request(WOLF, { method: 'GET', path: '/' });
  await eventually(() => expect(replica.connections.totals().waitingDialCount).toBe(1));
  await open(replica.port);
  const { body } = await dialed;
  expect((await readBounded(body, 100)).toString()).toBe('small');
  expect(await agent.resume()).toMatchObject({ status: 410 });
});

describe('is not resumed', () => {
  it('by an attempt that was used, a wrong proof, or another principal', async () => {
    const replica = await startReplica();
    const agent = await open(replica.port, { token: USER_TOKEN, runnerIds: [DESKTOP] });
    expect(await agent.resume({ token: USER_TOKEN_2 })).toBeUndefined();
    expect(await agent.resume({ attempt: 1 })).toMatchObject({ status: 410, body: 'not resumable: used-attempt' });
    // Who cannot prove that the link is his is not told that there is one.
    expect(await agent.resume({ attempt: 7, secret: Buffer.alloc(32) })).toMatchObject({
      status: 410,
      body: 'not resumable: unknown-link',
    });
    expect(await agent.resume({ attempt: 8, token: OTHER_USER_TOKEN })).toMatchObject({ status: 409 });
    expect(await agent.resume({ attempt: 9, token: 'nobody' })).toMatchObject({ status: 401 });
    expect(await agent.resume({ attempt: 10, runnerIds: [] })).toMatchObject({ status: 400 });
    expect(await agent.resume({ attempt: 11 })).toBeUndefined();
    expect(replica.counters.resumptionsRefused).toEqual({ 'used-attempt': 1, 'wrong-proof': 1 });
  });

  it('for fewer, more or other runners than it carries; the right ones resume it', async () => {
    const replica = await startReplica();
    const agent = await open(replica.port, { runnerIds: ['wolf-7', 'moonlight-7'] });
    for (const runnerIds of [['wolf-7'], ['wolf-7', 'moonlight-7', 'hydra-7'], ['wolf-7', 'hydra-7']]) {
      expect(await agent.resume({ runnerIds })).toMatchObject({
        status: 400,
        body: 'a link is resumed with the runner IDs with which it was opened',
      });
    }
    expect(await agent.resume()).toBeUndefined();
  });

  it('by the older of two agents with the same runners, whichever comes first', async () => {
    const replica = await startReplica();
    const older = await open(replica.port, { runnerIds: ['wolf-7', 'moonlight-7'] });
    const newer = await open(replica.port, { runnerIds: ['moonlight-7', 'wolf-7'] });
    await eventually(() => expect(older.ends).toMatchObject([{ code: 'superseded', byPeer: true }]));
    older.link.detach();
    expect(await older.resume()).toMatchObject({ status: 410, body: 'not resumable: superseded' });
    expect(await newer.resume()).toBeUndefined();
    expect(replica.counters).toMatchObject({ supersedes: 2, linksEnded: { superseded: 2 } });
  });
});

describe('a runner that is taken off a link', () => {
  it('by a newer link leaves the others on it, which can be resumed', async () => {
    const replica = await startReplica();
    const older = await open(replica.port, { runnerIds: ['wolf-7', 'moonlight-7'] });
    const newer = await open(replica.port, { runnerIds: ['wolf-7'] });
    for (const runnerId of [WOLF, MOONLIGHT])
      (await replica.http.request(runnerId, { method: 'GET', path: '/' })).body.resume();
    expect(newer.dials).toHaveLength(1);
    expect(older.dials.map(({ target }) => target)).toEqual(['moonlight-7']);
    expect(await older.resume()).toBeUndefined();
    (await replica.http.request(WOLF, { method: 'GET', path: '/' })).body.resume();
    expect(older.dials).toHaveLength(1);
  });

  it('because it was removed: its streams are cut; the last takes the link along', async () => {
    const replica = await startReplica();
    const agent = await open(replica.port, { runnerIds: ['wolf-7', 'moonlight-7'] });
    const stream = await replica.connections.dial(WOLF);
    replica.connections.remove(WOLF);
    await expect(once(stream, 'close')).rejects.toMatchObject({ code: 'LINK_LOST' });
    expect(agent.ends).toEqual([]);
    replica.connections.remove(MOONLIGHT);
    await eventually(() => expect(agent.ends).toMatchObject([{ code: 'revoked', byPeer: true }]));
  });
});

it('a replica that closes asks agents to move, and lets streams finish within the grace', async () => {
  const replica = await startReplica();
  const agent = await open(replica.port);
  const { body } = await replica.http.request(WOLF, { method: 'GET', path: '/picture' });
  const closing = replica.connections.close(2_000);
  void replica.http.close();
  expect(digest(await readBounded(body, 10_000_000))).toBe(digest(PICTURE));
  await closing;
  expect(agent.drains).toEqual([2_000]);
  await eventually(() => expect(agent.ends).toMatchObject([{ code: 'shutdown', byPeer: true }]));
  expect(await agent.resume()).toMatchObject({ status: 503 });
});

it('generations 1 and 2 live beside it on the same endpoint, and supersede each other', async () => {
  const replica = await startReplica();
  await open(replica.port);
  const second = await RawRunner.connect({
    generation: 2,
    port: replica.port,
    runnerId: 'moonlight-7',
    token: RUNNER_TOKEN,
    servicePort: webPort,
  });
  for (const runnerId of [WOLF, MOONLIGHT]) {
    const { body } = await replica.http.request(runnerId, { method: 'GET', path: '/' });
    expect((await readBounded(body, 100)).toString()).toBe('small');
  }
  await open(replica.port, { runnerIds: ['moonlight-7'] });
  await once(second, 'end');
  expect(replica.connections.totals().links).toEqual({ hijack: 0, websocket: 0, mux: 2, 'mux-websocket': 0 });
});
