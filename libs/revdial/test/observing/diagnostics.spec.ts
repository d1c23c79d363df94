import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { eventually } from '@helix/pacing/testing';
import { readBounded, runnerIdOf } from '@helix/revdial';
import type { AgentTransportMode } from '@helix/revdial';
import { CuttingProxy, TestRunner } from '@helix/revdial/testing';
import { Replica, RUNNER_TOKEN } from '../support/replica.js';

const WOLF = runnerIdOf('wolf', '7');
const CHANNELS = [
  'link:open',
  'link:lost',
  'link:resumed',
  'link:closed',
  'dial:start',
  'dial:end',
  'request:start',
  'request:end',
] as const;

type Event = readonly [(typeof CHANNELS)[number], Readonly<Record<string, unknown>>];

const events: Event[] = [];
const listeners = CHANNELS.map((name) => ({
  name: `helix:revdial:${name}`,
  onMessage: (message: unknown) => {
    // As it is now: a start and its end are one object.
    events.push([name, { ...(message as Record<string, unknown>) }]);
  },
}));

let replica: Replica;
let proxy: CuttingProxy;
let runner: TestRunner | undefined;

beforeEach(async () => {
  replica = await Replica.start({ connections: { graceMs: 5_000 } });
  proxy = await CuttingProxy.listen({ targetPort: replica.port });
  events.length = 0;
  for (const { name, onMessage } of listeners) subscribe(name, onMessage);
});

afterEach(async () => {
  for (const { name, onMessage } of listeners) unsubscribe(name, onMessage);
  await runner?.close();
  runner = undefined;
  await proxy.close();
  await replica.close();
});

async function connect(generation: 1 | 2 | 3, carrier: AgentTransportMode = 'mux'): Promise<TestRunner> {
  runner = await TestRunner.connect({
    api: `http://127.0.0.1:${proxy.port}`,
    runnerId: WOLF,
    token: RUNNER_TOKEN,
    service: (_request, response) => response.end('ok'),
    generation,
    ...(carrier === 'mux' ? { carrier } : {}),
  });
  return runner;
}

/** Those of the API's end: the runner in this process publishes its own dials of the local service. */
function named(...names: readonly Event[0][]): readonly Event[] {
  return events.filter(([name]) => names.includes(name));
}

it('a link that is cut and resumed, then closed, publishes open, lost, resumed and closed', async () => {
  const agent = await connect(3);
  await eventually(() => expect(named('link:open')).toHaveLength(1));
  proxy.cut('reset');
  await eventually(() => expect(named('link:resumed')).toHaveLength(1));
  agent.destroy();
  await eventually(() => expect(named('link:closed')).toHaveLength(1), 10_000);
  const link = { runnerId: WOLF, transport: 'mux', remoteAddress: expect.any(String) as string };
  expect(named('link:open', 'link:lost', 'link:resumed', 'link:closed').slice(0, 3)).toEqual([
    ['link:open', link],
    ['link:lost', link],
    ['link:resumed', link],
  ]);
  expect(named('link:closed')).toEqual([['link:closed', { ...link, reason: expect.any(String) as string }]]);
});

it.each([1, 2, 3] as const)('a request over generation %i publishes its start and end', async (generation) => {
  await connect(generation);
  const { body } = await replica.http.request(WOLF, { method: 'GET', path: '/screenshot?token=secret' });
  await readBounded(body, 100);
  const request = { runnerId: WOLF, method: 'GET', path: '/screenshot' };
  expect(named('request:start', 'request:end')).toEqual([
    ['request:start', request],
    ['request:end', { ...request, durationMs: expect.any(Number) as number, status: 200 }],
  ]);
  const dials = named('dial:start', 'dial:end');
  const id = dials[0]?.[1]['id'];
  const dial = { id, runnerId: WOLF, streamClass: 'interactive' };
  expect(dials.filter(([, message]) => message['id'] === id)).toEqual([
    ['dial:start', dial],
    ['dial:end', { ...dial, durationMs: expect.any(Number) as number }],
  ]);
});

it('a dial that the runner refuses ends with its error code', async () => {
  runner = await TestRunner.connect({
    api: `http://127.0.0.1:${replica.port}`,
    runnerId: WOLF,
    token: RUNNER_TOKEN,
    service: { kind: 'unix', path: '/nowhere/wolf.sock' },
    carrier: 'mux',
  });
  const stream = await replica.connections.dial(WOLF);
  stream.on('error', () => undefined);
  await once(stream, 'close').catch(() => undefined);
  await eventually(() =>
    expect(named('dial:end').map(([, { code }]) => code)).toEqual(['SERVICE_DOWN', 'SERVICE_DOWN']),
  );
});

it('a dial and a request to an unknown runner end with RUNNER_NOT_CONNECTED', async () => {
  await expect(replica.http.request(WOLF, { method: 'GET', path: '/' })).rejects.toMatchObject({
    code: 'RUNNER_NOT_CONNECTED',
  });
  const failed = { code: 'RUNNER_NOT_CONNECTED', durationMs: expect.any(Number) as number };
  expect(named('dial:end', 'request:end')).toMatchObject([
    ['dial:end', failed],
    ['request:end', failed],
  ]);
});
