import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { runnerIdOf } from '@helix/revdial';
import type { RevDialErrorCode } from '@helix/revdial';
import { eventually } from '@helix/pacing/testing';
import { encodePreamble } from '../../src/dial/dial-codec.js';
import { answer, RawService } from '../support/raw-service.js';
import { Replica, RUNNER_TOKEN, SESSION, USER_TOKEN } from '../support/replica.js';
import { ScriptedAgent } from './support/scripted-agent.js';
import type { Refused, ScriptedAgentOptions, ServiceOfAgent } from './support/scripted-agent.js';

const WOLF = runnerIdOf('wolf', '7');

const replicas: Replica[] = [];
const agents: ScriptedAgent[] = [];

async function startReplica(options: Parameters<typeof Replica.start>[0] = {}): Promise<Replica> {
  const replica = await Replica.start(options);
  replicas.push(replica);
  return replica;
}

async function tryOpen(port: number, more: Partial<ScriptedAgentOptions> = {}): Promise<ScriptedAgent | Refused> {
  const opened = await ScriptedAgent.tryOpen({ port, token: RUNNER_TOKEN, runnerIds: ['wolf-7'], ...more });
  if (opened instanceof ScriptedAgent) agents.push(opened);
  return opened;
}

/** A relay that shows what comes down to the agent, and holds what goes up while it is told to. */
class ShowingRelay {
  readonly down: Buffer[] = [];
  readonly #up: Buffer[] = [];
  readonly #sockets = new Set<Socket>();
  #isHolding = false;
  #server: Server;

  constructor(targetPort: number) {
    this.#server = createServer((agent) => {
      const api = connect(targetPort, '127.0.0.1');
      for (const socket of [agent, api]) {
        this.#sockets.add(socket);
        socket.on('error', () => undefined);
        socket.on('close', () => {
          agent.destroy();
          api.destroy();
        });
      }
      api.on('data', (bytes) => {
        this.down.push(bytes);
        agent.write(bytes);
      });
      agent.on('data', (bytes) => {
        if (this.#isHolding) this.#up.push(bytes);
        else api.write(bytes);
      });
      this.release = () => {
        this.#isHolding = false;
        for (const bytes of this.#up.splice(0)) api.write(bytes);
      };
    });
  }

  release = (): void => undefined;

  async listen(): Promise<number> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return (this.#server.address() as AddressInfo).port;
  }

  hold(): void {
    this.#isHolding = true;
    this.down.length = 0;
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
  }
}

afterEach(async () => {
  await Promise.all(agents.splice(0).map((agent) => agent.close()));
  await Promise.all(replicas.splice(0).map((replica) => replica.close()));
});

it('a request reaches the service with the opening, before any answer of the agent', async () => {
  const replica = await startReplica();
  const service = await RawService.start((_head, socket) => socket.write(answer('here')));
  const relay = new ShowingRelay(replica.port);
  const port = await relay.listen();
  await tryOpen(port, { services: { 'wolf-7': service.port } });
  relay.hold();
  const requested = replica.http.request(WOLF, { method: 'GET', path: '/first' });
  await eventually(() => expect(service.requestCount).toBe(1));
  const opening = relay.down.find((bytes) => bytes.includes('GET /first'));
  expect(opening?.includes(encodePreamble({ target: 'wolf-7', streamClass: 'interactive' }))).toBe(true);
  relay.release();
  const { status, body } = await requested;
  body.resume();
  expect(status).toBe(200);
  relay.close();
  await service.close();
});

describe('an opening is refused', () => {
  it.each<[string, Partial<ScriptedAgentOptions>, number, string]>([
    ['without a token', { token: 'nobody' }, 401, 'Unauthorized'],
    ['without a runner', { runnerIds: [] }, 400, 'runnerid is required'],
    ['with one malformed runner', { runnerIds: ['wolf-7', 'cat'] }, 400, 'invalid runner ID format: cat'],
    ['with one runner that is not the caller’s', { runnerIds: ['wolf-7', `sandbox-${SESSION}`] }, 403, 'unauthorized'],
    [
      'with a host’s runner and a user’s token',
      { token: USER_TOKEN, runnerIds: [`sandbox-${SESSION}`, 'wolf-7'] },
      400,
      'invalid runner ID format',
    ],
    [
      'with too many runners',
      { runnerIds: Array.from({ length: 65 }, (_, index) => `wolf-${String(index)}`) },
      400,
      'at most 64 runner IDs',
    ],
  ])('%s', async (_title, more, status, body) => {
    const replica = await startReplica();
    for (const carrier of ['raw', 'websocket'] as const)
      expect(await tryOpen(replica.port, { ...more, carrier })).toMatchObject({
        status,
        body: expect.stringContaining(body) as string,
      });
    expect(replica.connections.list()).toEqual([]);
  });

  it('with another version, and told which is spoken', async () => {
    const replica = await startReplica();
    const socket = connect(replica.port, '127.0.0.1');
    socket.write(
      'GET /api/v1/revdial?runnerid=wolf-7 HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: revdial\r\n' +
        `RevDial-Version: 4\r\nAuthorization: Bearer ${RUNNER_TOKEN}\r\n\r\n`,
    );
    const [bytes] = (await once(socket, 'data')) as [Buffer];
    expect(bytes.toString()).toMatch(/^HTTP\/1\.1 426 [^]*\r\nRevDial-Version: 3\r\n/);
    socket.destroy();
  });

  it('too many at once: refused with spread times to return; a resumption gets through', async () => {
    const replica = await startReplica({ gateway: { newLinksPerSecond: 0.5, newLinksBurstCount: 2.15 } });
    const agent = await tryOpen(replica.port);
    await tryOpen(replica.port, { runnerIds: ['wolf-8'] });
    const refusals = await Promise.all(Array.from({ length: 20 }, () => tryOpen(replica.port)));
    const seconds = refusals.map((refused) => {
      expect(refused).toMatchObject({ status: 503 });
      return Number(refused instanceof ScriptedAgent ? 0 : refused.headers.get('retry-after'));
    });
    // As there is room: two seconds for each, and no longer than half a minute.
    expect(seconds.toSorted((one, other) => one - other)).toEqual(
      Array.from({ length: 20 }, (_, index) => Math.min(30, 2 * (index + 1))),
    );
    expect(agent instanceof ScriptedAgent && (await agent.resume())).toBeUndefined();
  });

  it('when not all of its runners have room, and then none of them is connected', async () => {
    const replica = await startReplica({ connections: { maxRunnerCount: 2 } });
    expect(await tryOpen(replica.port, { runnerIds: ['wolf-7', 'wolf-8', 'wolf-9'] })).toMatchObject({ status: 503 });
    expect(replica.connections.list()).toEqual([]);
    expect(await tryOpen(replica.port, { runnerIds: ['wolf-7', 'wolf-8', 'wolf-8'] })).toBeInstanceOf(ScriptedAgent);
    expect(replica.connections.list()).toHaveLength(2);
  });

  it('beyond what one principal may hold, of links and of streams', async () => {
    const replica = await startReplica({ gateway: { maxLinkCountPerPrincipal: 1, maxStreamCountPerPrincipal: 2 } });
    await tryOpen(replica.port);
    expect(await tryOpen(replica.port, { runnerIds: ['wolf-8'] })).toMatchObject({ status: 503 });
    expect(await tryOpen(replica.port, { token: USER_TOKEN, runnerIds: [`desktop-${SESSION}`] })).toBeInstanceOf(
      ScriptedAgent,
    );
    const streams = [await replica.connections.dial(WOLF), await replica.connections.dial(WOLF)];
    await expect(replica.connections.dial(WOLF)).rejects.toMatchObject({ code: 'LIMIT_REACHED' });
    for (const stream of streams) stream.destroy();
    await eventually(() => expect(replica.connections.find(WOLF)).toMatchObject({ stats: { openStreamCount: 0 } }));
    (await replica.connections.dial(WOLF)).destroy();
  });
});

describe('what one principal may have unread', () => {
  it('is counted over all its links: the fullest stream of the next link is reset', async () => {
    const replica = await startReplica({ gateway: { maxUnreadBytesPerPrincipal: 200_000 } });
    const bytes = (byteCount: number): Buffer => Buffer.concat([Buffer.from([0]), Buffer.alloc(byteCount)]);
    await tryOpen(replica.port, { services: { 'wolf-7': bytes(150_000) } });
    await tryOpen(replica.port, { runnerIds: ['wolf-8'], services: { 'wolf-8': bytes(120_000) } });
    const first = await replica.connections.dial(WOLF);
    await eventually(() => expect(replica.gateway.multiplexedTotals().unreadBytes).toBeGreaterThan(140_000));
    const second = await replica.connections.dial(runnerIdOf('wolf', '8'));
    await expect(once(second, 'close')).rejects.toMatchObject({ code: 'LIMIT_REACHED' });
    expect(replica.gateway.multiplexedTotals().resetsByCode).toMatchObject({ 'buffer-full': 1 });
    const chunks = await first.toArray();
    expect(Buffer.concat(chunks).length).toBe(150_000);
  });
});

it('a link is held for the whole grace, also for one above the default', async () => {
  for (const graceMs of [45_000, 10_000]) {
    const replica = await startReplica({ connections: { graceMs } });
    const agent = await tryOpen(replica.port);
    expect(agent instanceof ScriptedAgent && agent.grant.holdMs).toBe(graceMs);
  }
});

describe('a peer that breaks the rules', () => {
  it('with an unknown record loses the link', async () => {
    const replica = await startReplica();
    const agent = await tryOpen(replica.port);
    if (!(agent instanceof ScriptedAgent)) throw new Error('refused');
    agent.socket.write(Buffer.from([0x42, 0, 0, 0]));
    await eventually(() => expect(agent.ends).toMatchObject([{ code: 'protocol-violation', byPeer: true }]));
    expect(replica.counters.linksEnded).toEqual({ 'protocol-violation': 1 });
    expect(await agent.resume()).toMatchObject({ status: 410 });
  });

  it.each<[string, ServiceOfAgent | undefined, RevDialErrorCode]>([
    ['an answer that is none', Buffer.from([2]), 'PROTOCOL_VIOLATION'],
    ['no answer before the end', Buffer.alloc(0), 'SERVICE_DOWN'],
    ['an unfinished refusal', Buffer.from([1, 0]), 'SERVICE_DOWN'],
    ['a reset', 'reset', 'SERVICE_DOWN'],
    ['a refusal for its limit', { code: 'limit', reason: 'enough' }, 'LIMIT_REACHED'],
    ['a refusal because it stops', { code: 'stopping', reason: 'bye' }, 'PICKUP_FAILED'],
    ['a refusal of the target', undefined, 'PICKUP_FAILED'],
  ])('or does not connect loses the stream, and nothing else: %s', async (_title, service, code) => {
    const replica = await startReplica();
    await tryOpen(replica.port, service === undefined ? {} : { services: { 'wolf-7': service } });
    const stream = await replica.connections.dial(WOLF);
    await expect(once(stream, 'close')).rejects.toMatchObject({ code });
    await eventually(() => expect(replica.counters.dialFailures).toEqual({ [code]: 1 }));
    expect(replica.connections.find(WOLF)).toMatchObject({ state: 'connected', stats: { openStreamCount: 0 } });
  });

  it('by opening streams itself has them refused', async () => {
    const replica = await startReplica();
    const agent = await tryOpen(replica.port);
    if (!(agent instanceof ScriptedAgent)) throw new Error('refused');
    const stream = agent.mux.openStream({ class: 'interactive' });
    await expect(once(stream, 'close')).rejects.toMatchObject({ code: 'refused' });
    expect(replica.connections.find(WOLF)).toMatchObject({ state: 'connected' });
  });
});
