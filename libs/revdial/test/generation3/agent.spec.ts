import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { MuxStream } from '@helix/revdial';
import { eventually } from '@helix/pacing/testing';
import { CuttingProxy } from '@helix/revdial/testing';
import { unusedPort } from '../runner/support/local-service.js';
import { AgentRig } from './support/agent-rig.js';
import type { StartedAgent } from './support/agent-rig.js';

const NOWHERE = { kind: 'tcp', host: '127.0.0.1', port: 9 } as const;

describe.each(['mux', 'mux-websocket'] as const)('an agent of generation 3 over %s', (transport) => {
  let rig: AgentRig;

  beforeEach(async () => {
    rig = await AgentRig.create();
  });

  afterEach(() => rig.close());

  async function connected(agent: StartedAgent): Promise<void> {
    await eventually(() => expect(agent.tunnels.statuses.every(({ state }) => state === 'connected')).toBe(true));
  }

  it('carries all its runners on one link, each to its own service', async () => {
    const one = await rig.serve((socket) => socket.end('one'));
    const two = await rig.serve((socket) => socket.end('two'));
    const agent = rig.start({ 'wolf-a': one.address, 'moonlight-a': two.address }, { transport });
    await connected(agent);
    expect(rig.gateway.asked).toEqual([
      expect.objectContaining({
        transport,
        runnerIds: ['wolf-a', 'moonlight-a'],
        authorization: 'Bearer secret-of-the-test',
      }),
    ]);
    expect(await readAll(rig.gateway.dial('wolf-a'))).toEqual(Buffer.from('\0one'));
    expect(await readAll(rig.gateway.dial('moonlight-a'))).toEqual(Buffer.from('\0two'));
    expect(agent.loggers['wolf-a']?.find('connected')?.fields).toEqual({ transport, why: 'as configured' });
    expect(agent.tunnels.statuses).toMatchObject([{ runnerId: 'wolf-a', transport }, { runnerId: 'moonlight-a' }]);
  });

  it('passes on what came with the opening, and ends each direction on its own', async () => {
    const service = await rig.serve((socket) => {
      void readAll(socket).then((question) => {
        socket.write('you said ');
        socket.end(question);
      });
    });
    await connected(rig.start({ 'wolf-a': service.address }, { transport }));
    const stream = rig.gateway.dial('wolf-a', 'first ');
    stream.end('last');
    expect((await readAll(stream)).toString()).toBe('\0you said first last');
  });

  it('lets the API go on talking after the service has ended its direction', async () => {
    const heard: Promise<Buffer>[] = [];
    const service = await rig.serve((socket) => {
      heard.push(readAll(socket));
      socket.end('bye');
    });
    await connected(rig.start({ 'wolf-a': service.address }, { transport }));
    const stream = rig.gateway.dial('wolf-a');
    expect((await readAll(stream)).toString()).toBe('\0bye');
    stream.end('still here');
    await eventually(() => expect(heard).toHaveLength(1));
    expect((await heard[0])?.toString()).toBe('still here');
  });

  it('cuts the service when the API cuts the stream, and the other way round', async () => {
    const sockets: Socket[] = [];
    const service = await rig.serve((socket) => {
      sockets.push(socket);
      socket.write('hello');
    });
    const agent = rig.start({ 'wolf-a': service.address }, { transport });
    await connected(agent);
    const cutHere = rig.gateway.dial('wolf-a');
    await once(cutHere, 'data');
    cutHere.reset('cancelled');
    await eventually(() => expect(sockets[0]?.closed).toBe(true));

    const cutThere = rig.gateway.dial('wolf-a');
    const failed = new Promise<unknown>((resolve) => cutThere.once('error', resolve));
    await once(cutThere, 'data');
    sockets[1]?.resetAndDestroy();
    expect(await failed).toMatchObject({ code: 'cancelled' });
    await eventually(() => expect(agent.tunnels.statuses[0]?.openStreamCount).toBe(0));
  });

  it.each([
    ['nobody listens', async () => ({ kind: 'tcp', host: '127.0.0.1', port: await unusedPort() }) as const, 1],
    ['there is no such socket', () => ({ kind: 'unix', path: join(tmpdir(), 'no-such-agent.sock') }) as const, 2],
  ])('says why it does not connect: %s', async (_what, addressOf, code) => {
    await connected(rig.start({ 'wolf-a': await addressOf() }, { transport }));
    const answer = await readAll(rig.gateway.dial('wolf-a', 'question'));
    expect([answer[0], answer.readUInt16BE(1)]).toEqual([1, code]);
  });

  it('refuses targets that it does not serve, and cuts streams without a preamble', async () => {
    await connected(rig.start({ 'wolf-a': NOWHERE }, { transport }));
    const answer = await readAll(rig.gateway.dial('wolf-b'));
    expect([answer[0], answer.readUInt16BE(1)]).toEqual([1, 4]);
    const stream = rig.gateway.link.multiplexer.openStream({ class: 'bulk' });
    const failed = new Promise<unknown>((resolve) => stream.once('error', resolve));
    stream.write('GET / HTTP/1.1');
    expect(await failed).toMatchObject({ code: 'internal' });
  });

  it('comes back after every cut, and streams notice nothing', async () => {
    const service = await rig.serve();
    const relay = await CuttingProxy.listen({ targetPort: rig.gateway.port });
    const agent = rig.start({ 'wolf-a': service.address }, { transport }, `http://127.0.0.1:${String(relay.port)}`);
    await connected(agent);
    const sent = randomBytes(4 * 1024 * 1024);
    const stream = rig.gateway.dial('wolf-a');
    const received = readAll(stream);
    let cutCount = 0;
    for (let at = 0; at < sent.length; at += 512 * 1024) {
      if (!stream.write(sent.subarray(at, at + 512 * 1024))) await once(stream, 'drain');
      relay.cut(cutCount++ % 2 === 0 ? 'reset' : 'half');
    }
    stream.end();
    expect((await received).equals(Buffer.concat([Buffer.of(0), sent]))).toBe(true);
    expect(agent.logger.find('resumed')).toBeDefined();
    expect(rig.gateway.links).toHaveLength(1);
    expect(rig.gateway.asked.filter(({ isResumption }) => !isResumption)).toHaveLength(1);
    await relay.close();
  });

  it('opens a new link when the API does not know the old one any more', async () => {
    const service = await rig.serve((socket) => socket.end('here'));
    const agent = rig.start({ 'wolf-a': service.address }, { transport });
    await connected(agent);
    rig.gateway.resumption = { status: 410, body: 'closed' };
    rig.gateway.cut();
    await eventually(() => expect(rig.gateway.links).toHaveLength(2));
    expect((await readAll(rig.gateway.dial('wolf-a'))).toString()).toBe('\0here');
    expect(agent.loggers['wolf-a']?.find('lost')?.fields).toMatchObject({ reason: 'expired' });
  });

  it('gives the link up when it cannot resume in the time that the API gave', async () => {
    rig.gateway.holdMs = 600;
    const agent = rig.start({ 'wolf-a': NOWHERE }, { transport });
    await connected(agent);
    rig.gateway.resumption = 'cut';
    rig.gateway.cut();
    await eventually(() => expect(agent.tunnels.statuses[0]?.state).toBe('resuming'));
    await eventually(() => expect(rig.gateway.links).toHaveLength(2));
    await connected(agent);
  });

  /** An agent with a stream that goes on: it has echoed `before `. */
  async function startWithAStream() {
    const service = await rig.serve();
    const agent = rig.start({ 'wolf-a': service.address }, { transport });
    await connected(agent);
    const [old] = rig.gateway.links;
    const stream = rig.gateway.dial('wolf-a', 'before ');
    const answer = readAll(stream);
    await once(stream, 'data');
    return { agent, old, stream, answer };
  }

  it('moves to another link when the API asks, and lets streams finish on the old one', async () => {
    const { agent, old, stream, answer } = await startWithAStream();
    old?.link.drain(1_000);
    await eventually(() => expect(rig.gateway.links).toHaveLength(2));
    await eventually(() => expect(agent.loggers['wolf-a']?.all('connected')).toHaveLength(2));
    stream.end('after');
    expect((await answer).toString()).toBe('\0before after');
    await eventually(() => expect(old?.isOver).toBe(true));
    expect(agent.loggers['wolf-a']?.find('lost')).toBeUndefined();
    expect((await exchange(rig.gateway.dial('wolf-a'), 'again')).toString()).toBe('\0again');
  });

  it('reconnects when the link it moved to is lost while the old one drains', async () => {
    const { agent, old, stream, answer } = await startWithAStream();
    old?.link.drain(20_000);
    await eventually(() => expect(agent.loggers['wolf-a']?.all('connected')).toHaveLength(2));
    rig.gateway.links[1]?.link.close('shutdown');
    await eventually(() => expect(rig.gateway.links).toHaveLength(3));
    await connected(agent);
    expect(old?.isOver).toBe(false);
    stream.end('after');
    expect((await answer).toString()).toBe('\0before after');
  });

  it('moves on when the link to which it moved asks at once for another move', async () => {
    const agent = rig.start({ 'wolf-a': NOWHERE }, { transport });
    await connected(agent);
    rig.gateway.drainsNextMs = 1_000;
    rig.gateway.links[0]?.link.drain(1_000);
    await eventually(() => expect(rig.gateway.links).toHaveLength(3));
    await eventually(() => expect(rig.gateway.links.map(({ isOver }) => isOver)).toEqual([true, true, false]));
    await connected(agent);
  });

  it('asked to move with nowhere to go: stays as long as it can', async () => {
    const agent = rig.start({ 'wolf-a': NOWHERE }, { transport });
    await connected(agent);
    rig.gateway[transport === 'mux' ? 'mux' : 'muxWebSocket'] = { status: 503, headers: { 'Retry-After': '0' } };
    rig.gateway.link.link.drain(400);
    await eventually(() => expect(agent.logger.find('not moved')).toBeDefined());
    expect(agent.tunnels.statuses[0]?.state).toBe('connected');
    rig.gateway[transport === 'mux' ? 'mux' : 'muxWebSocket'] = 'serve';
    await eventually(() => expect(rig.gateway.links).toHaveLength(2));
  });

  it('waits before it comes back when a newer agent has taken its runners', async () => {
    const agent = rig.start({ 'wolf-a': NOWHERE }, { transport });
    await connected(agent);
    rig.gateway.link.link.close('superseded', 'a newer link stands');
    await eventually(() =>
      expect(agent.loggers['wolf-a']?.find('lost')?.fields).toMatchObject({ reason: 'superseded' }),
    );
    expect(agent.loggers['wolf-a']?.find('lost')?.fields['retryInMs']).toBeGreaterThanOrEqual(100);
    await eventually(() => expect(rig.gateway.links).toHaveLength(2));
  });

  it('holds each runner alone when the API refuses them together because of one', async () => {
    rig.gateway.refusedRunnerId = 'wolf-b';
    const agent = rig.start(
      { 'wolf-a': NOWHERE, 'wolf-b': NOWHERE, 'wolf-c': NOWHERE },
      { transport, refusedAfterMs: 0 },
    );
    await eventually(() =>
      expect(agent.tunnels.statuses.map(({ state }) => state)).toEqual(['connected', 'refused', 'connected']),
    );
    expect(rig.gateway.links.map(({ runnerIds }) => runnerIds)).toEqual([['wolf-a'], ['wolf-c']]);
  });

  it('says that it is stopping, lets an answer finish, and says goodbye', async () => {
    let answer: () => void = () => undefined;
    const service = await rig.serve((socket) => {
      socket.once('data', () => {
        answer = () => socket.end('whole');
      });
    });
    const agent = rig.start({ 'wolf-a': service.address }, { transport });
    await connected(agent);
    const before = answer;
    const stream = rig.gateway.dial('wolf-a', 'question');
    const answered = readAll(stream);
    await eventually(() => expect(answer).not.toBe(before));
    const { link } = rig.gateway;
    const closed = agent.tunnels.close(5_000);
    const refusal = await exchange(rig.gateway.dial('wolf-a'), 'too late');
    expect([refusal[0], refusal.readUInt16BE(1)]).toEqual([1, 6]);
    answer();
    expect((await answered).toString()).toBe('\0whole');
    stream.end();
    await closed;
    expect(await link.multiplexer.closed).toMatchObject({ code: 'done', byPeer: true });
  });
});

async function readAll(stream: MuxStream | Socket): Promise<Buffer> {
  const chunks: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  await once(stream, 'end');
  return Buffer.concat(chunks);
}

async function exchange(stream: MuxStream, text: string): Promise<Buffer> {
  const answer = readAll(stream);
  stream.end(text);
  return answer;
}
