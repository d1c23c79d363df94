import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:http';
import { buffer, text } from 'node:stream/consumers';
import { isRevDialError, readBounded, runnerIdOf } from '@helix/revdial';
import type { LinkEnd } from '@helix/revdial';
import { eventually } from '@helix/pacing/testing';
import { openData, RawRunner } from './support/raw-runner.js';
import { answer, pathOf, RawService } from './support/raw-service.js';
import { OTHER_USER_TOKEN, Replica, RUNNER_TOKEN, SESSION, USER_TOKEN, USER_TOKEN_2 } from './support/replica.js';

const WOLF = runnerIdOf('wolf', 'one');
const DESKTOP = runnerIdOf('sandbox', SESSION);

describe.each([1, 2] as const)('a runner of generation %i', (generation) => {
  let replica: Replica;
  let service: RawService;
  const runners: RawRunner[] = [];

  beforeEach(async () => {
    replica = await Replica.start({ connections: { graceMs: 400 } });
    service = await RawService.start((head, socket) => socket.write(answer(`you asked for ${pathOf(head)}`)));
  });

  afterEach(async () => {
    await replica.close();
    for (const runner of runners.splice(0)) runner.kill();
    await service.close();
  });

  async function connect(options: { manual?: boolean; runnerId?: string; token?: string; port?: number } = {}) {
    const runner = await RawRunner.connect({
      generation,
      port: options.port ?? replica.port,
      runnerId: options.runnerId ?? WOLF,
      token: options.token ?? RUNNER_TOKEN,
      ...(options.manual === true ? {} : { servicePort: service.port }),
    });
    runners.push(runner);
    return runner;
  }

  function nextLinkEnd(): Promise<LinkEnd> {
    return new Promise((resolve) => {
      replica.connections.subscribe((event) => {
        if (event.type === 'lost') resolve(event.end);
      });
    });
  }

  it('gets 200 dials at once, and every answer belongs to its question', async () => {
    await connect();
    const streams = await Promise.all(
      Array.from({ length: 200 }, async (_, n) => {
        const stream = await replica.connections.dial(WOLF);
        stream.write(`GET /question-${String(n)} HTTP/1.0\r\n\r\n`);
        const [bytes] = (await once(stream, 'data')) as [Buffer];
        expect(bytes.toString().endsWith(`you asked for /question-${String(n)}`)).toBe(true);
        return stream;
      }),
    );
    expect(service.connectionCount).toBe(200);
    expect(replica.connections.totals().openStreamCount).toBe(200);
    for (const stream of streams) stream.destroy();
    await eventually(() => {
      expect(service.sockets.size).toBe(0);
      expect(replica.connections.totals().openStreamCount).toBe(0);
    });
  });

  it('answers 200 requests at once over a few kept streams', async () => {
    await connect();
    await Promise.all(
      Array.from({ length: 200 }, async (_, n) => {
        const response = await replica.http.request(WOLF, { method: 'GET', path: `/q/${String(n)}` });
        expect((await readBounded(response.body, 1000)).toString()).toBe(`you asked for /q/${String(n)}`);
      }),
    );
    expect(service.connectionCount).toBeLessThanOrEqual(32);
    expect(service.requestCount).toBe(200);
  });

  it('sends no line with the head; then keep-alives from the first moment on', async () => {
    // Long enough for a busy machine: both ends share one event loop here.
    const quick = await Replica.start({
      gateway: { sacrificialKeepAliveDelayMs: 200, keepAliveIntervalMs: 250, firstCommandDelayMs: 500 },
    });
    const runner = await connect({ port: quick.port });
    const dialed = quick.connections.dial(WOLF);
    (await dialed).destroy();
    expect(runner.lostWithHead).toEqual([]);
    expect(runner.lines[0]).toBe('{"command":"keep-alive"}');
    if (generation === 1) {
      const firstCommand = runner.lines.findIndex((line) => line.includes('conn-ready'));
      expect((runner.lineTimes[0] ?? 0) - runner.headAt).toBeGreaterThan(100);
      expect((runner.lineTimes[firstCommand] ?? 0) - runner.headAt).toBeGreaterThan(400);
      expect(runner.head).toMatch(/^HTTP\/1\.1 200 /);
    }
    await eventually(() => {
      expect(runner.lines.filter((line) => line.includes('keep-alive')).length).toBeGreaterThan(4);
    });
    await quick.close();
  });

  it('refuses a late pick-up of an aborted dial, and the next dial is clean', async () => {
    const runner = await connect({ manual: true });
    const caller = new AbortController();
    const dial = replica.connections.dial(WOLF, { signal: caller.signal });
    const late = await runner.nextConnPath();
    caller.abort();
    await expect(dial).rejects.toMatchObject({ code: 'DIAL_ABORTED' });

    const nextDial = replica.connections.dial(WOLF);
    const connPath = await runner.nextConnPath();
    const refused = await runner.pickUp(late);
    expect(refused).toMatchObject({ status: 404 });
    expect(JSON.parse('body' in refused ? refused.body : '')).toMatchObject({ status_code: 404, code: 'UNKNOWN_DIAL' });

    const picked = await runner.pickUp(connPath);
    const stream = await nextDial;
    if ('webSocket' in picked) picked.webSocket.send(Buffer.from('mine'));
    expect(((await once(stream, 'data')) as [Buffer])[0].toString()).toBe('mine');
    // The same id again belongs to no dial either.
    expect(await runner.pickUp(connPath)).toMatchObject({ status: 404 });
    stream.destroy();
  });

  it('gives up a dial that is not picked up in time', async () => {
    const runner = await connect({ manual: true });
    const dial = replica.connections.dial(WOLF, { timeoutMs: 150 });
    const asked = runner.nextConnPath();
    await expect(dial).rejects.toMatchObject({ code: 'DIAL_TIMEOUT' });
    expect(await runner.pickUp(await asked)).toMatchObject({ status: 404 });
  });

  it('fails exactly the dial whose pick-up failed', async () => {
    const runner = await connect({ manual: true });
    const first = replica.connections.dial(WOLF);
    const firstPath = await runner.nextConnPath();
    const second = replica.connections.dial(WOLF);
    const secondPath = await runner.nextConnPath();
    runner.sendRaw(`${JSON.stringify({ command: 'pickup-failed', connPath: firstPath, err: 'no route' })}\n`);
    await expect(first).rejects.toMatchObject({ code: 'PICKUP_FAILED', message: expect.stringContaining('no route') });
    await runner.pickUp(secondPath);
    (await second).destroy();
  });

  it('refuses the data connection of another principal, and the dial goes on waiting for its own', async () => {
    const runner = await connect({ manual: true, runnerId: `desktop-${SESSION}`, token: USER_TOKEN });
    const dial = replica.connections.dial(DESKTOP);
    const connPath = await runner.nextConnPath();
    expect(await runner.pickUp(connPath, OTHER_USER_TOKEN)).toMatchObject({ status: 403 });
    expect(await runner.pickUp(connPath, 'nope')).toMatchObject({ status: 401 });
    expect(await openData(replica.port, `/revdial?revdial.dialer=${'0'.repeat(32)}`, USER_TOKEN)).toMatchObject({
      status: 404,
      body: expect.stringContaining('unknown dialer'),
    });
    // Another token of the same principal is as good.
    expect(await runner.pickUp(connPath, USER_TOKEN_2)).toHaveProperty('webSocket');
    (await dial).destroy();
  });

  it('serves clients that keep the path as sent, refuses those that lose the id', async () => {
    const runner = await connect({ manual: true });
    const dial = replica.connections.dial(WOLF);
    await eventually(() => {
      expect(runner.connPaths).toHaveLength(1);
    });
    const connPath = runner.connPaths[0] ?? '';
    expect(connPath).toMatch(/^\/revdial\?/);
    const lost = await openData(replica.port, connPath.replace(/&revdial\.req=.*/, ''), RUNNER_TOKEN);
    expect(lost).toMatchObject({ status: 404 });
    const picked = await openData(replica.port, connPath, RUNNER_TOKEN);
    if ('webSocket' in picked) picked.webSocket.send(Buffer.from('the right one'));
    const stream = await dial;
    expect(((await once(stream, 'data')) as [Buffer])[0].toString()).toBe('the right one');
    stream.destroy();
  });

  it('comes back within its grace period: dials that waited succeed, in order', async () => {
    const first = await connect();
    const before = replica.connections.find(WOLF);
    first.kill();
    await eventually(() => {
      expect(replica.connections.find(WOLF)?.state).toBe('grace');
    });
    const requests = Array.from({ length: 50 }, (_, n) =>
      replica.http.request(WOLF, { method: 'GET', path: `/${String(n)}` }).then((response) => text(response.body)),
    );
    const dials = [1, 2, 3].map(() => replica.connections.dial(WOLF));
    await connect();
    for (const dial of dials) (await dial).destroy();
    expect((await Promise.all(requests))[49]).toBe('you asked for /49');
    expect(replica.counters.reconnectsWithinGrace).toBe(1);
    expect(replica.connections.find(WOLF)?.generation).toBeGreaterThan(before?.generation ?? Infinity);
  });

  it('is not connected once its grace period is over', async () => {
    const runner = await connect();
    runner.kill();
    await eventually(() => {
      expect(replica.connections.find(WOLF)?.state).toBe('grace');
    });
    const waited = replica.connections.dial(WOLF);
    await expect(waited).rejects.toMatchObject({ code: 'RUNNER_NOT_CONNECTED' });
    expect(replica.connections.find(WOLF)).toBeUndefined();
    await expect(replica.connections.dial(WOLF)).rejects.toMatchObject({ code: 'RUNNER_NOT_CONNECTED' });
  });

  it('lets 100 dials wait in its grace period and no more', async () => {
    const runner = await connect();
    runner.kill();
    await eventually(() => {
      expect(replica.connections.find(WOLF)?.state).toBe('grace');
    });
    const waiting = Array.from({ length: 100 }, () => replica.connections.dial(WOLF));
    await expect(replica.connections.dial(WOLF)).rejects.toMatchObject({ code: 'DIAL_QUEUE_FULL' });
    expect(replica.connections.find(WOLF)).toMatchObject({ waitingDialCount: 100 });
    await connect();
    for (const stream of await Promise.all(waiting)) stream.destroy();
  });

  it('moves a dial that was not picked up to the next link, unseen by its caller', async () => {
    const dying = await connect({ manual: true });
    const dial = replica.connections.dial(WOLF);
    await dying.nextConnPath();
    dying.kill();
    await connect();
    (await dial).destroy();
    expect(replica.counters.dialsMoved).toBeGreaterThan(0);
  });

  it('is superseded by a newer link of the same principal, whose streams may finish', async () => {
    const old = await connect();
    const stream = await replica.connections.dial(WOLF);
    const oldEnded = once(old, 'end');
    await connect();
    stream.write('GET /still HTTP/1.0\r\n\r\n');
    expect(((await once(stream, 'data')) as [Buffer])[0].toString()).toContain('you asked for /still');
    const cut = once(stream, 'error');
    await oldEnded;
    expect((await cut)[0]).toMatchObject({ code: 'LINK_LOST' });
    expect(replica.counters.supersedes).toBe(1);
    expect(replica.counters.linksEnded).toEqual({ superseded: 1 });
    const response = await replica.http.request(WOLF, { method: 'GET', path: '/new' });
    expect(await text(response.body)).toBe('you asked for /new');
    expect(replica.connections.list()).toHaveLength(1);
  });

  it('keeps its id from another principal', async () => {
    await connect({ runnerId: DESKTOP, token: USER_TOKEN });
    await expect(connect({ runnerId: DESKTOP, token: OTHER_USER_TOKEN })).rejects.toThrow('HTTP/1.1 409');
    expect(replica.connections.find(DESKTOP)).toMatchObject({ state: 'connected', principal: 'user:ada' });
    expect(replica.connections.findObstacle(DESKTOP, 'user:bob')).toBe('RUNNER_ID_TAKEN');
  });

  it.each([
    ['a line longer than the limit', 'x'.repeat(5000)],
    ['a line that never ends', '{"command":'],
    ['a line that is not JSON', 'hello\n'],
  ])('loses its link by %s', async (_case, bytes) => {
    const strict = await Replica.start({ gateway: { lineMaxAgeMs: 50 } });
    const runner = await connect({ port: strict.port });
    const ended = once(runner, 'end');
    runner.sendRaw(bytes);
    await ended;
    expect(strict.counters.linksEnded).toEqual({ 'protocol-violation': 1 });
    await strict.close();
  });

  it('may send unknown commands, and lines in pieces', async () => {
    const runner = await connect();
    runner.sendRaw('{"command":"from-the-future"}\n{"comm');
    runner.sendRaw('and":"keep-alive"}\n');
    await eventually(() => {
      const status = replica.connections.find(WOLF);
      expect(status?.state === 'connected' ? status.stats.bytesIn : 0).toBe(55);
    });
    (await replica.connections.dial(WOLF)).destroy();
  });

  it('has as many pending dials as the limit and no more, and few of them announced', async () => {
    const small = await Replica.start({ gateway: { maxPendingDialCount: 5, maxUnansweredDialCount: 2 } });
    const runner = await connect({ manual: true, port: small.port });
    const dials = Array.from({ length: 5 }, () => small.connections.dial(WOLF));
    await expect(small.connections.dial(WOLF)).rejects.toMatchObject({ code: 'LIMIT_REACHED' });
    await eventually(() => {
      expect(runner.connPaths).toHaveLength(2);
    });
    for (let n = 0; n < 5; n += 1) {
      await eventually(() => {
        expect(runner.connPaths.length).toBeGreaterThan(n);
      });
      expect(runner.connPaths.length).toBeLessThanOrEqual(n + 2);
      await openData(small.port, runner.connPaths[n] ?? '', RUNNER_TOKEN);
    }
    for (const stream of await Promise.all(dials)) stream.destroy();
    await small.close();
  });

  it('is forgotten when it is removed, with its streams, and may come again', async () => {
    const runner = await connect();
    const stream = await replica.connections.dial(WOLF);
    const cut = once(stream, 'error');
    const ended = once(runner, 'end');
    replica.connections.remove(WOLF);
    expect((await cut)[0]).toMatchObject({ code: 'LINK_LOST' });
    await ended;
    await expect(replica.connections.dial(WOLF)).rejects.toMatchObject({ code: 'RUNNER_NOT_CONNECTED' });
    await connect();
    expect(replica.connections.find(WOLF)?.state).toBe('connected');
  });

  it.each(['superseded', 'lost'])('is removed with the streams of its older links, when one was %s', async (how) => {
    const patient = await Replica.start({
      gateway: { orphanedStreamGraceMs: 60_000 },
      connections: { supersededStreamGraceMs: 60_000 },
    });
    const old = await connect({ port: patient.port });
    const stream = await patient.connections.dial(WOLF);
    const cut = once(stream, 'error');
    if (how === 'lost') old.kill();
    await connect({ port: patient.port });
    stream.write('GET /still HTTP/1.0\r\n\r\n');
    await once(stream, 'data');
    patient.connections.remove(WOLF);
    expect((await cut)[0]).toMatchObject({ code: 'LINK_LOST' });
    await patient.close();
  });

  it('leaves no stream behind when the replica closes in its grace period', async () => {
    const patient = await Replica.start({ gateway: { orphanedStreamGraceMs: 60_000 } });
    const runner = await connect({ port: patient.port });
    const stream = await patient.connections.dial(WOLF);
    const cut = once(stream, 'error');
    runner.kill();
    await eventually(() => {
      expect(patient.connections.find(WOLF)?.state).toBe('grace');
    });
    await patient.connections.close(50);
    expect(stream.destroyed).toBe(true);
    expect((await cut)[0]).toMatchObject({ code: 'LINK_LOST' });
    await patient.close();
  });

  it('has one grace period for each dial, however often it comes and goes', async () => {
    const beganAtMs = performance.now();
    (await connect({ manual: true })).kill();
    const dial = replica.connections.dial(WOLF, { timeoutMs: 60_000 });
    let code: unknown;
    dial.catch((error: unknown) => {
      code = isRevDialError(error) ? error.code : error;
    });
    // Each return comes in time for the grace period that the loss before began.
    while (code === undefined && performance.now() - beganAtMs < 5_000) {
      await Promise.race([dial.catch(() => undefined), new Promise((resolve) => setTimeout(resolve, 150))]);
      (await connect({ manual: true })).kill();
    }
    expect(code).toBe('RUNNER_NOT_CONNECTED');
  });

  it('is told when the replica closes; later ones are refused', async () => {
    const runner = await connect();
    const ended = once(runner, 'end');
    const closing = replica.connections.close(50);
    await expect(replica.connections.dial(WOLF)).rejects.toMatchObject({ code: 'SHUTTING_DOWN' });
    await expect(connect()).rejects.toThrow('HTTP/1.1 503');
    await ended;
    await closing;
    if (generation === 2) expect(runner.closeCode).toBe(1001);
  });

  it('lets an answer under way finish when the replica closes', async () => {
    const slow = createServer((_request, response) => {
      response.writeHead(200);
      response.write('first, ');
      setTimeout(() => response.end('second'), 100);
    }).listen(0, '127.0.0.1');
    await once(slow, 'listening');
    const runner = await RawRunner.connect({
      generation,
      port: replica.port,
      runnerId: 'wolf-slow',
      token: RUNNER_TOKEN,
      servicePort: (slow.address() as AddressInfo).port,
    });
    const response = await replica.http.request(runnerIdOf('wolf', 'slow'), { method: 'GET', path: '/' });
    void replica.http.close();
    const closing = replica.connections.close(2000);
    expect((await buffer(response.body)).toString()).toBe('first, second');
    await closing;
    runner.kill();
    slow.closeAllConnections();
    slow.close();
  });

  it('is seen by operators with what it does', async () => {
    const events: string[] = [];
    const unsubscribe = replica.connections.subscribe((event) => events.push(event.type));
    const runner = await connect();
    await (await replica.http.request(WOLF, { method: 'GET', path: '/x' })).body.toArray();
    const status = replica.connections.find(WOLF);
    expect(status).toMatchObject({
      runnerId: WOLF,
      kind: 'wolf',
      subject: 'one',
      principal: 'runner',
      state: 'connected',
      transport: generation === 1 ? 'hijack' : 'websocket',
      remoteAddress: expect.stringContaining('127.0.0.1'),
      stats: { openStreamCount: 1 },
    });
    if (status?.state === 'connected') {
      expect(status.stats.bytesIn).toBeGreaterThan(0);
      expect(status.stats.bytesOut).toBeGreaterThan(0);
      if (generation === 2) expect(status.stats.roundTripMs).toBeGreaterThan(0);
      else expect(status.stats.roundTripMs).toBeUndefined();
    }
    const end = nextLinkEnd();
    runner.kill();
    expect((await end).reason).toMatch(/peer-closed|error/);
    await eventually(() => {
      expect(events).toEqual(['connected', 'lost', 'gone']);
    });
    unsubscribe();
  });
});

describe('a runner that falls silent or breaks the rules of its transport', () => {
  it('loses its WebSocket link when it gives no sign of life', async () => {
    const replica = await Replica.start({ gateway: { silenceLimitMs: 100, keepAliveIntervalMs: 30 } });
    const runner = await RawRunner.connect({ generation: 2, port: replica.port, runnerId: WOLF, token: RUNNER_TOKEN });
    // Pongs keep it alive for longer than the limit.
    await eventually(() => {
      expect(runner.lines.length).toBeGreaterThan(6);
    });
    expect(replica.connections.find(WOLF)?.state).toBe('connected');
    runner.controlWebSocket?.pause();
    await eventually(() => {
      expect(replica.counters.linksEnded).toEqual({ 'peer-silent': 1 });
    });
    runner.kill();
    await replica.close();
  });

  it('loses its hijacked link when it has answered keep-alives and does not any more', async () => {
    const replica = await Replica.start({ gateway: { keepAliveIntervalMs: 100 } });
    const runner = await RawRunner.connect({
      generation: 1,
      port: replica.port,
      runnerId: WOLF,
      token: RUNNER_TOKEN,
      answersKeepAlives: true,
    });
    await eventually(() => {
      expect(runner.lines.length).toBeGreaterThan(6);
    });
    const status = replica.connections.find(WOLF);
    expect(status?.state === 'connected' && status.stats.roundTripMs).toBeGreaterThan(0);
    // The connection stands, and is not read any more.
    runner.controlSocket?.pause();
    await eventually(() => {
      expect(replica.counters.linksEnded).toEqual({ 'peer-silent': 1 });
    });
    runner.kill();
    await replica.close();
  });

  it('keeps its hijacked link when it never answers keep-alives, as the Go clients', async () => {
    const replica = await Replica.start({ gateway: { keepAliveIntervalMs: 20 } });
    const runner = await RawRunner.connect({ generation: 1, port: replica.port, runnerId: WOLF, token: RUNNER_TOKEN });
    await eventually(() => {
      expect(runner.lines.length).toBeGreaterThan(20);
    });
    expect(replica.connections.find(WOLF)).toMatchObject({ state: 'connected', stats: { roundTripMs: undefined } });
    runner.kill();
    await replica.close();
  });

  /** A turn of the clock each 30 ms; a dial speaks against the link after 300 ms. */
  const WATCHFUL = { gateway: { clientPickUpLimitMs: 300, keepAliveIntervalMs: 30 }, connections: { graceMs: 100 } };

  it.each([
    ['a short deadline', () => ({ connectTimeoutMs: 40 })],
    ['callers that leave', () => ({ signal: AbortSignal.timeout(40) })],
  ])('loses its hijacked link when it leaves the dials of a pool unanswered: %s', async (_case, impatience) => {
    const replica = await Replica.start(WATCHFUL);
    const runner = await RawRunner.connect({ generation: 1, port: replica.port, runnerId: WOLF, token: RUNNER_TOKEN });
    let lossCount = 0;
    let owedMs = 0;
    replica.connections.subscribe((event) => {
      if (event.type === 'lost') lossCount += 1;
    });
    const beganAtMs = performance.now();
    while (lossCount === 0) {
      await expect(replica.http.request(WOLF, { method: 'GET', path: '/', ...impatience() })).rejects.toMatchObject({
        code: expect.stringMatching(/DIAL_TIMEOUT|DIAL_ABORTED|LINK_LOST|RUNNER_NOT_CONNECTED/),
      });
      const status = replica.connections.find(WOLF);
      if (status?.state === 'connected') owedMs = Math.max(owedMs, status.stats.unansweredMs);
    }
    // Told while the link still stood, although each dial was short.
    expect(owedMs).toBeGreaterThan(150);
    expect(performance.now() - beganAtMs).toBeGreaterThan(300);
    expect(replica.counters.linksEnded).toEqual({ 'peer-silent': 1 });
    runner.kill();
    await replica.close();
  });

  it('keeps its hijacked link when its answers come too late for their callers', async () => {
    const replica = await Replica.start(WATCHFUL);
    const runner = await RawRunner.connect({ generation: 1, port: replica.port, runnerId: WOLF, token: RUNNER_TOKEN });
    const beganAtMs = performance.now();
    while (performance.now() - beganAtMs < 1_000) {
      const asked = runner.nextConnPath();
      await expect(replica.connections.dial(WOLF, { timeoutMs: 100 })).rejects.toMatchObject({ code: 'DIAL_TIMEOUT' });
      expect(await runner.pickUp(await asked)).toMatchObject({ status: 404 });
    }
    expect(replica.connections.find(WOLF)).toMatchObject({ state: 'connected' });
    runner.kill();
    await replica.close();
  });

  it('loses its hijacked link when it leaves dials unanswered', async () => {
    const replica = await Replica.start({
      gateway: { clientPickUpLimitMs: 50, keepAliveIntervalMs: 50 },
      connections: { graceMs: 100 },
    });
    const runner = await RawRunner.connect({ generation: 1, port: replica.port, runnerId: WOLF, token: RUNNER_TOKEN });
    const dials = await Promise.allSettled([replica.connections.dial(WOLF), replica.connections.dial(WOLF)]);
    expect(dials).toMatchObject([
      { reason: { code: 'RUNNER_NOT_CONNECTED' } },
      { reason: { code: 'RUNNER_NOT_CONNECTED' } },
    ]);
    expect(replica.counters.linksEnded).toEqual({ 'peer-silent': 1 });
    runner.kill();
    await replica.close();
  });

  it('loses its link by a text frame', async () => {
    const replica = await Replica.start();
    const runner = await RawRunner.connect({ generation: 2, port: replica.port, runnerId: WOLF, token: RUNNER_TOKEN });
    const ended = once(runner, 'end');
    runner.controlWebSocket?.send('a text frame');
    await ended;
    expect(runner.closeCode).toBe(1008);
    expect(replica.counters.linksEnded).toEqual({ 'protocol-violation': 1 });
    await replica.close();
  });
});

describe('runners that were connected before a restart', () => {
  it('are waited for as in grace, and the first authorised principal claims them', async () => {
    const replica = await Replica.start({ connections: { graceMs: 500 } });
    const service = await RawService.start((_head, socket) => socket.write(answer('back')));
    replica.connections.expectBack(WOLF, 'runner');
    expect(replica.connections.find(WOLF)).toMatchObject({ state: 'grace', generation: 0 });
    expect(replica.connections.findObstacle(WOLF, 'user:ada')).toBeUndefined();
    const asked = replica.http.request(WOLF, { method: 'GET', path: '/' });
    const runner = await RawRunner.connect({
      generation: 1,
      port: replica.port,
      runnerId: WOLF,
      token: RUNNER_TOKEN,
      servicePort: service.port,
    });
    expect(await text((await asked).body)).toBe('back');
    expect(replica.connections.findObstacle(WOLF, 'user:ada')).toBe('RUNNER_ID_TAKEN');
    await replica.close();
    runner.kill();
    await service.close();
  });

  it('are bounded in number', async () => {
    const replica = await Replica.start({ connections: { maxRunnerCount: 1, graceMs: 50 } });
    replica.connections.expectBack(WOLF, 'runner');
    replica.connections.expectBack(runnerIdOf('wolf', 'two'), 'runner');
    expect(replica.connections.list()).toHaveLength(1);
    await replica.close();
  });

  it('take no room from runners that come, and have none themselves when it is taken', async () => {
    const replica = await Replica.start({ connections: { maxRunnerCount: 1 } });
    replica.connections.expectBack(WOLF, 'runner');
    const runnerOf = (runnerId: string) =>
      ({ generation: 2, port: replica.port, runnerId, token: RUNNER_TOKEN }) as const;
    await RawRunner.connect(runnerOf('wolf-three'));
    await expect(RawRunner.connect(runnerOf(WOLF))).rejects.toThrow('HTTP/1.1 503');
    expect(replica.connections.find(WOLF)).toMatchObject({ state: 'grace' });
    replica.connections.remove(runnerIdOf('wolf', 'three'));
    await RawRunner.connect(runnerOf(WOLF));
    await expect(RawRunner.connect(runnerOf('wolf-four'))).rejects.toThrow('HTTP/1.1 503');
    await replica.close();
  });
});
